#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "gateway/base/time.h"
#include "gateway/changelog/change_publisher.h"
#include "gateway/front/changes.h"
#include "gateway/front/decode.h"

namespace entitysync::front {

// What every request goes through, whether it is a call or stands on a stream.
//
// Owner and lifetime: NotifyService; outlives calls and streams. Threading: any thread.
// Limits: max_changes per request. Errors: those of RequestView::Decode and TakeChanges.
class Intake {
 public:
  Intake(size_t max_changes, ServesEntity serves, changelog::ChangePublisher& publisher)
      : max_changes_(max_changes), serves_(std::move(serves)), publisher_(publisher) {}

  // Decodes into `view`, checks the whole and takes the changes out.
  absl::StatusOr<std::vector<changelog::Change>> Take(const grpc::ByteBuffer& bytes,
                                                      RequestView& view) const {
    if (absl::Status status = view.Decode(bytes, max_changes_); !status.ok()) return status;
    return TakeChanges(view.changes(), serves_);
  }

  changelog::ChangePublisher& publisher() const { return publisher_; }

 private:
  const size_t max_changes_;
  const ServesEntity serves_;
  changelog::ChangePublisher& publisher_;
};

}  // namespace entitysync::front
