#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "gateway/protocol/frame.h"

struct z_stream_s;  // zlib's.

namespace entitysync::protocol {

// The window of what is compressed here: no reference reaches further back than 4 KiB. So clients
// that offer that much and no more (Python's websockets does) are served, and the states of most
// applications lose nothing by it.
inline constexpr int kDeflateWindowBits = 12;

struct DeflateOptions {
  int level = 3;           // From 1, fast, to 9, small.
  size_t min_bytes = 512;  // A message with a shorter payload stays as it is.
};

// Compresses frames for clients that negotiated permessage-deflate (RFC 7692).
//
// Purpose: every message is compressed by itself (no context takeover), so that one compressed
//   frame serves all clients, and what is in one message tells nothing about another.
// Owner and lifetime: one for each thread that compresses; it keeps zlib's memory, about 100 KiB,
//   and room for the longest message it met, up to kRoomKept.
// Threading: one thread at a time.
// Limits: none of its own; a message costs time in proportion to its length.
// Errors: none. The constructor throws std::bad_alloc if there is no memory for it.
class Deflater {
 public:
  static constexpr size_t kRoomKept = 256 * 1024;

  explicit Deflater(const DeflateOptions& options);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // The same messages, each compressed if that makes it shorter; `frame` itself if none got
  // shorter. `frame` holds plain messages.
  Frame Compress(const Frame& frame);

  // What was compressed so far.
  struct Totals {
    uint64_t frames = 0;  // Those that got shorter.
    uint64_t bytes_before = 0;
    uint64_t bytes_after = 0;
  };
  const Totals& totals() const { return totals_; }

 private:
  // The payload compressed, valid until the next call; empty if it would not be shorter.
  std::string_view CompressPayload(std::string_view payload);

  const size_t min_bytes_;
  const std::unique_ptr<z_stream_s> stream_;
  std::unique_ptr<char[]> room_;
  size_t room_bytes_ = 0;
  Totals totals_;
};

}  // namespace entitysync::protocol
