#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace entitysync::ws {

// Gathers one message as its parts come in.
//
// Purpose: the messages of most clients are short and rare, so a few bytes stand in the connection
//   and longer messages borrow the heap while they last.
// Owner and lifetime: the connection. Threading: its loop.
// Limits: grows with the bytes that really came, never with a length that a client claims; the
//   websocket layer ends a message that is too long.
// Errors: none.
class MessageBuffer {
 public:
  // Room for the next bytes, never empty. Invalidates view().
  std::span<char> Room();

  // `bytes` of Room() were filled.
  void Commit(size_t bytes) { size_ += bytes; }

  // What it has borrowed of the heap.
  size_t heap_bytes() const { return heap_.size(); }

  std::string_view view() const { return {on_heap() ? heap_.data() : inline_.data(), size_}; }

  // Forgets the message and gives its memory back.
  void Reset();

 private:
  static constexpr size_t kInlineBytes = 128;

  bool on_heap() const { return heap_.size() > 0; }

  std::array<char, kInlineBytes> inline_;
  std::string heap_;  // Its size is the room.
  size_t size_ = 0;
};

}  // namespace entitysync::ws
