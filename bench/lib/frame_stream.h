#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace entitysync::bench {

// One frame of RFC 6455. The payload is unmasked, and lives as long as the bytes it was found in.
struct Frame {
  uint8_t opcode = 0;
  bool is_final = false;
  bool is_compressed = false;  // RSV1.
  std::string_view payload;
};

inline constexpr uint8_t kTextFrame = 1;
inline constexpr uint8_t kBinaryFrame = 2;
inline constexpr uint8_t kCloseFrame = 8;
inline constexpr uint8_t kPingFrame = 9;
inline constexpr uint8_t kPongFrame = 10;

// Finds the frame that `bytes` begin with, and unmasks its payload in place. Answers its size in
// bytes, 0 if more bytes are needed, or kNotAFrame.
inline constexpr size_t kNotAFrame = SIZE_MAX;
size_t FindFrame(std::span<char> bytes, Frame& frame);

// Appends a frame; masked, as a client has to, or not, as a server.
void AppendFrame(uint8_t opcode, bool masked, std::string_view payload, std::string& out);

// Cuts the bytes of a connection into frames, without copying where a read holds whole ones.
//
// Owner: a connection. Threading: none of its own. Limits: a frame of 16 MiB; a longer one counts
// as none. Errors: after Consume answered false the connection is of no more use.
class FrameStream {
 public:
  // Calls `on_frame(const Frame&)` for each frame that is complete with these bytes. False: they
  // are not frames.
  template <typename OnFrame>
  bool Consume(std::span<char> bytes, OnFrame&& on_frame) {
    if (rest_.empty()) return Cut(bytes, on_frame);
    std::string joined = std::move(rest_);
    rest_.clear();
    joined.append(bytes.data(), bytes.size());
    return Cut(std::span<char>(joined), on_frame);
  }

 private:
  template <typename OnFrame>
  bool Cut(std::span<char> bytes, OnFrame& on_frame) {
    while (!bytes.empty()) {
      Frame frame;
      const size_t size = FindFrame(bytes, frame);
      if (size == kNotAFrame) return false;
      if (size == 0) break;
      on_frame(static_cast<const Frame&>(frame));
      bytes = bytes.subspan(size);
    }
    if (!bytes.empty()) rest_.assign(bytes.data(), bytes.size());
    return true;
  }

  std::string rest_;  // The beginning of a frame that is not complete.
};

}  // namespace entitysync::bench
