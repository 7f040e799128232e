#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace entitysync::ws {

// The bytes of a client that negotiated permessage-deflate, on their way to Beast.
//
// Purpose: Beast without its own deflate (which costs 15 KiB for each connection) refuses the bit
//   that marks a compressed message, and wants the payload of a text message to be UTF-8 as it
//   comes. So the first header of a compressed message is rewritten, as that of a plain binary one,
//   and what it was is told here.
// Owner and lifetime: the connection's QueuedLayer, if the client negotiated the extension.
// Threading: the connection's loop.
// Limits: 16 bytes, no buffer.
// Errors: none; what Beast must refuse (the bit on a control frame or a continuation, say) is left
//   as it is.
class CompressedInput {
 public:
  // Reads and rewrites `bytes`, the next that came, up to the end of a message: returns how many
  // those are. The rest is passed when the message was delivered, so that what is told below is
  // always about the message that Beast delivers.
  size_t Pass(std::span<uint8_t> bytes);

  // Whether Pass stopped at the end of a message.
  bool is_at_end() const { return is_at_end_; }

  // The message that ended last, or is under way.
  bool is_compressed() const { return is_compressed_; }
  bool is_text() const { return is_text_; }  // Of a compressed one.

 private:
  void OnHeaderByte(uint8_t& byte);

  uint64_t payload_left_ = 0;  // Of the frame under way; while its length is read: so far.
  uint8_t header_at_ = 0;      // How many bytes of its header came,
  uint8_t header_size_ = 2;    // of how many, as far as is known,
  uint8_t length_end_ = 0;     // and where those of its length end.
  bool ends_message_ = false;  // The frame does.
  bool is_at_end_ = false;
  bool is_compressed_ = false;
  bool is_text_ = false;
};

}  // namespace entitysync::ws
