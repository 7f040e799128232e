#include "gateway/ws/message_buffer.h"

#include <cstring>

namespace entitysync::ws {

std::span<char> MessageBuffer::Room() {
  if (!on_heap() && size_ < kInlineBytes) return std::span(inline_).subspan(size_);
  if (!on_heap()) {
    heap_.resize(8 * kInlineBytes);
    std::memcpy(heap_.data(), inline_.data(), size_);
  } else if (size_ == heap_.size()) {
    heap_.resize(2 * heap_.size());
  }
  return std::span(heap_).subspan(size_);
}

void MessageBuffer::Reset() {
  size_ = 0;
  std::string().swap(heap_);  // Assigning an empty one would keep the memory.
}

}  // namespace entitysync::ws
