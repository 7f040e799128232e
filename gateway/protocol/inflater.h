#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct z_stream_s;  // zlib's.

namespace entitysync::protocol {

// Reads the compressed messages of clients that negotiated permessage-deflate (RFC 7692) with
// client_no_context_takeover.
//
// Purpose: since no message refers to another, one inflater serves all clients of a thread.
// Owner and lifetime: one for each thread; it keeps zlib's memory, about 40 KiB, and room for the
//   longest message it met, up to kRoomKept.
// Threading: one thread at a time.
// Limits: a message that becomes longer than `max_bytes` is given up as soon as it does; the room
//   grows with what really comes out.
// Errors: told by Result. The constructor throws std::bad_alloc if there is no memory for it.
class Inflater {
 public:
  static constexpr size_t kRoomKept = 64 * 1024;

  explicit Inflater(size_t max_bytes);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class Result : uint8_t {
    kOk,       // message() tells what came out.
    kTooBig,   // It is longer than max_bytes.
    kCorrupt,  // That is no compressed message.
  };
  // Inflates the payload of one message, all its fragments put together.
  Result Inflate(std::string_view payload);

  // Valid until the next call of Inflate.
  std::string_view message() const { return {room_.get(), size_}; }

 private:
  Result Feed(std::string_view part, int flush);
  void Grow();

  const size_t max_bytes_;
  const std::unique_ptr<z_stream_s> stream_;
  std::unique_ptr<char[]> room_;
  size_t room_bytes_ = 0;
  size_t size_ = 0;
  bool is_ended_ = false;  // The compressor called a block its last one.
};

}  // namespace entitysync::protocol
