#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/executor.h"
#include "gateway/session/transport.h"

namespace entitysync::testing {

// A connection that keeps what it is given until the test lets it go into the kernel.
class FakeTransport final : public session::Transport {
 public:
  explicit FakeTransport(const base::Executor& executor) : executor_(executor) {}

  void Send(protocol::LocalFramePtr frame) override {
    if (closed.has_value()) return;
    if (unsent_ == 0) last_progress_ = executor_.Now();
    unsent_ += frame->size();
    sent.emplace_back(frame->bytes());
    if (is_reading_peer) Drain();
  }
  size_t UnsentBytes() const override { return unsent_; }
  void WantWritable() override { wants_writable = true; }
  base::TimePoint LastProgress() const override { return last_progress_; }
  void Ping() override { ++pings; }
  void SetReading(bool on) override { is_reading = on; }
  void Close(protocol::CloseCode code, std::string_view reason) override {
    closed = code;
    close_reason = reason;
  }

  // All that waits goes into the kernel.
  void Drain() {
    unsent_ = 0;
    last_progress_ = executor_.Now();
  }

  std::vector<std::string> sent;  // Frames, as given.
  bool is_reading_peer = true;    // Whether bytes go into the kernel at once.
  bool is_reading = true;
  bool wants_writable = false;
  int pings = 0;
  std::optional<protocol::CloseCode> closed;
  std::string close_reason;

 private:
  const base::Executor& executor_;
  size_t unsent_ = 0;
  base::TimePoint last_progress_;
};

}  // namespace entitysync::testing
