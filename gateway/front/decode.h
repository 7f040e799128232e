#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/arena.h>
#include <grpcpp/support/byte_buffer.h>

#include "entitysync/v1/gateway.pb.h"

namespace entitysync::front {

// Decodes a call onto `arena`. INVALID_ARGUMENT for bytes that are no NotifyChangeRequest, and for
// more than `max_changes` changes: those are counted first, because in memory a change can take
// thirty times the bytes that it takes on the wire.
absl::StatusOr<const v1::NotifyChangeRequest*> Decode(const grpc::ByteBuffer& bytes,
                                                      size_t max_changes,
                                                      google::protobuf::Arena& arena);

// OK for 1 to `max_changes` changes.
absl::Status CheckCount(size_t count, size_t max_changes);

}  // namespace entitysync::front
