#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace entitysync::front {

// A change as it stands in a request; nothing about it is checked yet.
struct ChangeView {
  std::string_view entity;
  std::string_view id;
  std::optional<uint64_t> version;
};

// A NotifyChangeRequest or a NotifyChangesRequest, whose fields have the same numbers.
//
// Purpose: views into the bytes that came. Message objects would take as long to make as all the
//   rest of a small request takes, and thirty times the bytes of a change in memory.
// Owner and lifetime: a local of who takes the request. Views last as long, and no longer than
//   until it is decoded into again.
// Threading: one thread. Limits: as many changes are kept as Decode is told; more are counted.
// Errors: see Decode.
class RequestView {
 public:
  RequestView() = default;
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;

  // INVALID_ARGUMENT for bytes that are neither request, and for fewer than 1 and more than
  // `max_changes` changes. The sequence is found nevertheless, as far as the bytes go.
  absl::Status Decode(const grpc::ByteBuffer& bytes, size_t max_changes);

  const std::vector<ChangeView>& changes() const { return changes_; }

  // 0: none was found.
  uint64_t sequence() const { return sequence_; }

 private:
  // False: the bytes are damaged.
  bool ReadFields(size_t max_changes, size_t& count);

  grpc::Slice bytes_;
  std::vector<ChangeView> changes_;
  uint64_t sequence_ = 0;
};

}  // namespace entitysync::front
