#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "gateway/protocol/frame.h"

namespace entitysync::protocol {

// Something that several threads share and that is made when one first asks for it, or never.
//
// Purpose: a form of a state is made once, however many clients on however many threads want it,
//   and not at all if none does.
// Owner and lifetime: beside what it is a form of.
// Threading: any thread. Who asks while another makes it waits for that, at most once in its life.
// Limits, errors: those of who makes it; it may turn out to be null.
class LazyFrame {
 public:
  // What `make` gives, which is called once over all calls.
  template <class Make>
  const Frame& Get(Make&& make) const {
    uint32_t stage = stage_.load(std::memory_order_acquire);
    if (stage == kNone &&
        stage_.compare_exchange_strong(stage, kMaking, std::memory_order_acquire)) {
      frame_ = make();
      stage_.store(kMade, std::memory_order_release);
      stage_.notify_all();
    } else if (stage == kMaking) {
      stage_.wait(kMaking, std::memory_order_acquire);
    }
    return frame_;
  }

  // The frame, null if it is not made or is null.
  Frame IfMade() const { return IsMade() ? frame_ : nullptr; }
  bool IsMade() const { return stage_.load(std::memory_order_acquire) == kMade; }

  // Makes it of something that is there. Before others see this one.
  void Set(Frame frame) {
    frame_ = std::move(frame);
    stage_.store(kMade, std::memory_order_release);
  }

 private:
  enum Stage : uint32_t { kNone, kMaking, kMade };

  mutable std::atomic<uint32_t> stage_{kNone};
  mutable Frame frame_;  // Written by who makes it, before kMade; never again.
};

}  // namespace entitysync::protocol
