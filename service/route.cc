#include "service/route.h"

#include "service/call_channel.h"

namespace entitysync::service {

void Route::Prepare(Clock::time_point now) {
  const bool wants_stream = now >= streams_at_;
  if (channel_ != nullptr && (is_stream_ || !wants_stream)) return;
  channel_.reset();
  is_stream_ = wants_stream;
  was_of_use_ = false;
  if (wants_stream) {
    channel_ = client_.OpenStream(listener_);
  } else {
    channel_ = std::make_unique<CallChannel>(client_, call_timeout_, listener_);
  }
}

void Route::Close(Clock::time_point now, const absl::Status& status) {
  channel_.reset();
  // A gateway that is away or leaving says nothing about streams: the next may have room for one.
  const bool is_of_no_use =
      !was_of_use_ && (absl::IsUnimplemented(status) || absl::IsDeadlineExceeded(status));
  // A request that is too large for a stream is split when it goes by a call.
  if (is_stream_ && (is_of_no_use || absl::IsResourceExhausted(status))) {
    streams_at_ = now + kCallsInstead;
  }
}

}  // namespace entitysync::service
