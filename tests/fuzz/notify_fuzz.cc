#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "entitysync/v1/gateway.pb.h"
#include "gateway/base/entity_key.h"
#include "gateway/base/limits.h"
#include "gateway/front/changes.h"
#include "gateway/front/decode.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace entitysync::fuzz {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

constexpr size_t kMaxChanges = 8;

// Whether Protocol Buffers can read `bytes` as a message without fields, and the messages that
// stand in fields 1 of it, down to `depth`: a change in a request, a key in a change.
bool IsWhole(const std::string& bytes, int depth) {
  v1::NotifyChangeResponse message;
  if (!message.ParseFromString(bytes)) return false;
  const UnknownFieldSet& fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& each = fields.field(i);
    const bool is_message =
        depth > 0 && each.number() == 1 && each.type() == UnknownField::TYPE_LENGTH_DELIMITED;
    if (is_message && !IsWhole(each.length_delimited(), depth - 1)) return false;
  }
  return true;
}

bool IsEqual(const front::ChangeView& view, const v1::Change& change) {
  return view.entity == change.key().entity() && view.id == change.key().id() &&
         view.version.has_value() == change.has_version() &&
         view.version.value_or(0) == change.version();
}

// Decoding agrees with Protocol Buffers about everything but what is UTF-8, which is asked later.
void CheckDecoding(const front::RequestView& view, bool decoded, const std::string& bytes) {
  const bool whole = IsWhole(bytes, 2);
  Require(!decoded || whole);
  v1::NotifyChangesRequest message;
  if (!message.ParseFromString(bytes)) return;
  Require(whole);
  const auto count = static_cast<size_t>(message.changes_size());
  Require(decoded == (count >= 1 && count <= kMaxChanges));
  Require(view.sequence() == message.sequence());
  Require(view.changes().size() == std::min(count, kMaxChanges));
  Require(
      std::equal(view.changes().begin(), view.changes().end(), message.changes().begin(), IsEqual));
}

// What is taken is valid.
void CheckTaking(const front::RequestView& view) {
  const auto changes =
      front::TakeChanges(view.changes(), [](std::string_view entity) { return entity != "gone"; });
  if (!changes.ok()) {
    Require(changes.status().message().size() <= base::limits::kMaxStatusMessageBytes);
    return;
  }
  Require(!changes->empty() && changes->size() <= kMaxChanges);
  for (const changelog::Change& change : *changes) {
    Require(base::ValidateEntityKey(change.key.entity, change.key.id).ok());
  }
}

}  // namespace
}  // namespace entitysync::fuzz

// What applications send as NotifyChange, or on a stream of NotifyChanges.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace entitysync;
  const std::string bytes(fuzz::AsText(data, size));
  const grpc::Slice slice(bytes);
  front::RequestView view;
  const bool decoded = view.Decode(grpc::ByteBuffer(&slice, 1), fuzz::kMaxChanges).ok();
  fuzz::CheckDecoding(view, decoded, bytes);
  if (decoded) fuzz::CheckTaking(view);
  return 0;
}
