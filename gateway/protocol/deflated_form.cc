#include "gateway/protocol/deflated_form.h"

namespace entitysync::protocol {

const Frame& DeflatedForm::Of(const Frame& plain, Deflater& deflater) const {
  uint32_t stage = stage_.load(std::memory_order_acquire);
  if (stage == kNone && stage_.compare_exchange_strong(stage, kMaking, std::memory_order_acquire)) {
    frame_ = deflater.Compress(plain);
    stage_.store(kMade, std::memory_order_release);
    stage_.notify_all();
  } else if (stage == kMaking) {
    stage_.wait(kMaking, std::memory_order_acquire);
  }
  return frame_;
}

void DeflatedForm::ShareWith(const DeflatedForm& other) {
  if (!other.IsMade()) return;
  frame_ = other.frame_;
  stage_.store(kMade, std::memory_order_release);
}

size_t DeflatedForm::BytesBeside(const Frame& plain) const {
  return IsMade() && frame_ != plain ? frame_->capacity() : 0;
}

}  // namespace entitysync::protocol
