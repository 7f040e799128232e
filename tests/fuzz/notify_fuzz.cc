#include <string_view>

#include "gateway/base/entity_key.h"
#include "gateway/base/limits.h"
#include "gateway/front/changes.h"
#include "gateway/front/decode.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quiet_protobuf.h"

// What applications send as NotifyChange. The changes are counted before they are decoded, and that
// must agree with Protocol Buffers.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using entitysync::fuzz::Require;
  namespace front = entitysync::front;
  constexpr size_t kMaxChanges = 8;
  const grpc::Slice slice(data, size);
  google::protobuf::Arena arena;
  const auto decoded = front::Decode(grpc::ByteBuffer(&slice, 1), kMaxChanges, arena);
  entitysync::v1::NotifyChangeRequest reference;
  const bool fine = reference.ParseFromArray(data, static_cast<int>(size)) &&
                    reference.changes_size() <= static_cast<int>(kMaxChanges);
  Require(decoded.ok() == fine);
  if (!fine) return 0;
  Require((*decoded)->SerializeAsString() == reference.SerializeAsString());

  const auto changes = front::TakeChanges(**decoded, kMaxChanges,
                                          [](std::string_view entity) { return entity != "gone"; });
  if (!changes.ok()) {
    Require(changes.status().message().size() <= entitysync::base::limits::kMaxStatusMessageBytes);
    return 0;
  }
  Require(!changes->empty() && changes->size() <= kMaxChanges);
  for (const auto& change : *changes) {
    Require(entitysync::base::ValidateEntityKey(change.key.entity, change.key.id).ok());
  }
  return 0;
}
