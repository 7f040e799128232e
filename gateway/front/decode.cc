#include "gateway/front/decode.h"

#include <absl/strings/str_cat.h>

#include "entitysync/v1/gateway.pb.h"
#include "gateway/base/wire_reader.h"

namespace entitysync::front {
namespace {

using base::WireReader;

constexpr uint32_t kChanges = WireReader::BytesTag(v1::NotifyChangesRequest::kChangesFieldNumber);
constexpr uint32_t kSequence =
    WireReader::VarintTag(v1::NotifyChangesRequest::kSequenceFieldNumber);
constexpr uint32_t kKey = WireReader::BytesTag(v1::Change::kKeyFieldNumber);
constexpr uint32_t kVersion = WireReader::VarintTag(v1::Change::kVersionFieldNumber);
constexpr uint32_t kEntity = WireReader::BytesTag(v1::EntityKey::kEntityFieldNumber);
constexpr uint32_t kId = WireReader::BytesTag(v1::EntityKey::kIdFieldNumber);

static_assert(int{v1::NotifyChangeRequest::kChangesFieldNumber} ==
              int{v1::NotifyChangesRequest::kChangesFieldNumber});

bool ReadKey(WireReader& in, ChangeView& change) {
  return in.ReadMessage([&](uint32_t tag, WireReader& field) {
    if (tag == kEntity) return field.ReadBytes(change.entity);
    if (tag == kId) return field.ReadBytes(change.id);
    return field.Skip(tag);
  });
}

// A field that stands more than once counts as Protocol Buffers say: the last one does.
bool ReadChange(std::string_view bytes, ChangeView& change) {
  return WireReader(bytes).ReadFields([&](uint32_t tag, WireReader& field) {
    if (tag == kKey) return ReadKey(field, change);
    if (tag == kVersion) return field.ReadVarint(change.version.emplace());
    return field.Skip(tag);
  });
}

absl::Status CheckCount(size_t count, size_t max_changes) {
  if (count == 0) {
    return absl::InvalidArgumentError("the request holds no changes: name at least one");
  }
  if (count <= max_changes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the request holds ", count,
                                                 " changes, more than the limit of ", max_changes,
                                                 ": send fewer at a time"));
}

}  // namespace

absl::Status RequestView::Decode(const grpc::ByteBuffer& bytes, size_t max_changes) {
  changes_.clear();
  sequence_ = 0;
  size_t count = 0;
  // Large requests come in pieces: putting them together costs little beside what follows.
  if ((bytes.TrySingleSlice(&bytes_).ok() || bytes.DumpToSingleSlice(&bytes_).ok()) &&
      ReadFields(max_changes, count)) {
    return CheckCount(count, max_changes);
  }
  return absl::InvalidArgumentError("the request cannot be decoded: its bytes are damaged");
}

bool RequestView::ReadFields(size_t max_changes, size_t& count) {
  WireReader in({reinterpret_cast<const char*>(bytes_.begin()), bytes_.size()});
  bool all_fine = true;
  std::string_view change;
  return in.ReadFields([&](uint32_t tag, WireReader& field) {
    if (tag == kSequence) return field.ReadVarint(sequence_);
    if (tag != kChanges) return field.Skip(tag);
    if (!field.ReadBytes(change)) return false;
    if (++count <= max_changes) all_fine = ReadChange(change, changes_.emplace_back()) && all_fine;
    return true;
  }) && all_fine;
}

}  // namespace entitysync::front
