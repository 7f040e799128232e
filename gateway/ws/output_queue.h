#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gateway/protocol/frame.h"

namespace entitysync::ws {

// What a connection still has to put into the kernel.
//
// Purpose: one order for ready-made frames, pings and the bytes that Beast writes itself, each
//   written whole, none copied.
// Owner and lifetime: the connection's QueuedLayer. Shares frames; borrowed bytes stay the lender's
//   and must live until Consume reports them done or Clear.
// Threading: the connection's loop.
// Limits: none of its own. Borrowed bytes are one write at a time; the session bounds its frames.
//   An empty queue keeps no more than a few segments of memory, or 32 (768 bytes) while it is busy.
// Errors: none.
class OutputQueue {
 public:
  // What the bytes consumed completed.
  struct Completed {
    bool ping = false;
    bool borrowed = false;

    void Add(const Completed& more) {
      ping |= more.ping;
      borrowed |= more.borrowed;
    }
  };

  void PushFrame(protocol::LocalFramePtr frame) { Push(std::move(frame), Kind::kFrame); }
  void PushPing(protocol::LocalFramePtr frame) { Push(std::move(frame), Kind::kPing); }

  // Appends foreign bytes; `last` marks the end of the lender's write.
  void PushBorrowed(const void* data, size_t size, bool last);

  // Points `out` at the next bytes to write, in order; returns how many entries it filled.
  size_t Gather(std::span<iovec> out) const;

  // The first `bytes` gathered went out.
  Completed Consume(size_t bytes);

  // Drops frames and pings of which no byte went out. Borrowed bytes stay.
  void DiscardUnbegun();

  void Clear();

  size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

  // So many segments are held without memory being asked for.
  size_t room() const { return segments_.capacity(); }

 private:
  enum class Kind : uint8_t { kFrame, kPing, kBorrowed, kBorrowedLast };

  struct Segment {
    protocol::LocalFramePtr frame;  // Null for borrowed bytes.
    const char* data;
    uint32_t size;
    Kind kind;
  };

  void Push(protocol::LocalFramePtr frame, Kind kind);
  void ReleaseConsumed();

  std::vector<Segment> segments_;
  size_t head_ = 0;          // Index of the first segment not wholly out.
  bool head_begun_ = false;  // Whether bytes of it are out.
  uint8_t busyness_ = 0;     // Grows when much was queued, falls when little was.
  size_t bytes_ = 0;
};

}  // namespace entitysync::ws
