#include "gateway/ws/output_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace entitysync::ws {
namespace {

// An idle connection should cost little, a busy one should not allocate on every turn. One that
// needs much twice in a row counts as busy until it needed little some times; pings see to that.
constexpr size_t kSegmentsKept = 4;
constexpr size_t kSegmentsKeptBusy = 32;
constexpr uint8_t kMaxBusyness = 6;
constexpr size_t kCompactAfter = 64;

}  // namespace

void OutputQueue::Push(protocol::LocalFramePtr frame, Kind kind) {
  if (frame->empty()) return;
  const char* data = frame->data();
  const size_t size = frame->size();
  assert(size <= UINT32_MAX);
  bytes_ += size;
  segments_.push_back({std::move(frame), data, static_cast<uint32_t>(size), kind});
}

void OutputQueue::PushBorrowed(const void* data, size_t size, bool last) {
  assert(size > 0 && size <= UINT32_MAX);
  bytes_ += size;
  segments_.push_back({nullptr, static_cast<const char*>(data), static_cast<uint32_t>(size),
                       last ? Kind::kBorrowedLast : Kind::kBorrowed});
}

size_t OutputQueue::Gather(std::span<iovec> out) const {
  const size_t count = std::min(out.size(), segments_.size() - head_);
  for (size_t i = 0; i < count; ++i) {
    const Segment& segment = segments_[head_ + i];
    out[i] = {const_cast<char*>(segment.data), segment.size};
  }
  return count;
}

OutputQueue::Completed OutputQueue::Consume(size_t bytes) {
  assert(bytes <= bytes_);
  bytes_ -= bytes;
  Completed completed;
  while (bytes > 0) {
    Segment& segment = segments_[head_];
    if (bytes < segment.size) {
      segment.data += bytes;
      segment.size -= static_cast<uint32_t>(bytes);
      head_begun_ = true;
      break;
    }
    bytes -= segment.size;
    if (segment.kind == Kind::kPing) completed.ping = true;
    if (segment.kind == Kind::kBorrowedLast) completed.borrowed = true;
    segment.frame.reset();
    ++head_;
    head_begun_ = false;
  }
  ReleaseConsumed();
  return completed;
}

void OutputQueue::DiscardUnbegun() {
  auto keep = segments_.begin() + static_cast<ptrdiff_t>(head_);
  if (head_begun_) ++keep;
  const auto end = std::remove_if(keep, segments_.end(), [this](const Segment& segment) {
    if (segment.frame == nullptr) return false;
    bytes_ -= segment.size;
    return true;
  });
  segments_.erase(end, segments_.end());
  ReleaseConsumed();
}

void OutputQueue::Clear() {
  segments_ = std::vector<Segment>();  // "= {}" would keep the memory.
  head_ = 0;
  head_begun_ = false;
  bytes_ = 0;
}

void OutputQueue::ReleaseConsumed() {
  if (bytes_ == 0) {
    if (segments_.size() > kSegmentsKept) {
      busyness_ = std::min<uint8_t>(busyness_ + 2, kMaxBusyness);
    } else if (busyness_ > 0) {
      --busyness_;
    }
    const size_t kept = busyness_ > 2 ? kSegmentsKeptBusy : kSegmentsKept;
    if (segments_.capacity() > kept) return Clear();
    segments_.clear();
    head_ = 0;
  } else if (head_ >= kCompactAfter && head_ * 2 >= segments_.size()) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
}

}  // namespace entitysync::ws
