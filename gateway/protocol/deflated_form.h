#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "gateway/protocol/deflater.h"
#include "gateway/protocol/frame.h"

namespace entitysync::protocol {

// The compressed form of a frame that several threads share, made when one first asks for it.
//
// Purpose: a state is compressed once, however many clients on however many threads want it so,
//   and not at all if none does.
// Owner and lifetime: beside the frame it is the form of.
// Threading: any thread. Who asks while another makes it waits for that, at most once in the life
//   of a form and for one compression.
// Limits: as long as the frame, at most; the frame itself, shared, if that does not get shorter.
// Errors: none.
class DeflatedForm {
 public:
  // The compressed form of `plain`, which is the same in every call.
  const Frame& Of(const Frame& plain, Deflater& deflater) const;

  // Takes over what `other`, a form of the same frame, has by now. Before others see this one.
  void ShareWith(const DeflatedForm& other);

  // How many bytes the form takes beside `plain`: 0 while it is not made.
  size_t BytesBeside(const Frame& plain) const;

 private:
  enum Stage : uint32_t { kNone, kMaking, kMade };

  bool IsMade() const { return stage_.load(std::memory_order_acquire) == kMade; }

  mutable std::atomic<uint32_t> stage_{kNone};
  mutable Frame frame_;  // Written by who makes it, before kMade; never again.
};

}  // namespace entitysync::protocol
