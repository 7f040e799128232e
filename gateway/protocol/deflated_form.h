#pragma once

#include <cstddef>

#include "gateway/protocol/deflater.h"
#include "gateway/protocol/frame.h"
#include "gateway/protocol/lazy_frame.h"

namespace entitysync::protocol {

// The compressed form of a frame that several threads share, made when one first asks for it.
//
// Purpose: a state is compressed once, however many clients on however many threads want it so,
//   and not at all if none does.
// Owner and lifetime: beside the frame it is the form of.
// Threading: any thread, as LazyFrame; who waits does so for one compression.
// Limits: as long as the frame, at most; the frame itself, shared, if that does not get shorter.
// Errors: none.
class DeflatedForm {
 public:
  // The compressed form of `plain`, which is the same in every call.
  const Frame& Of(const Frame& plain, Deflater& deflater) const {
    return frame_.Get([&] { return deflater.Compress(plain); });
  }

  // Takes over what `other`, a form of the same frame, has by now. Before others see this one.
  void ShareWith(const DeflatedForm& other) {
    if (other.frame_.IsMade()) frame_.Set(other.frame_.IfMade());
  }

  // How many bytes the form takes beside `plain`: 0 while it is not made.
  size_t BytesBeside(const Frame& plain) const {
    const Frame made = frame_.IfMade();
    return made != nullptr && made != plain ? made->capacity() : 0;
  }

 private:
  LazyFrame frame_;
};

}  // namespace entitysync::protocol
