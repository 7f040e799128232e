#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/buffers_suffix.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "gateway/ws/compressed_input.h"

namespace entitysync::ws {

// What came from a client and Beast does not have yet.
//
// Purpose: what came with the request's head belongs to Beast's first reads; and of a client that
//   may compress, what came behind the end of a message waits until that message was delivered.
// Owner and lifetime: the connection's QueuedLayer. Threading: the connection's loop.
// Limits: what one read brought. Nothing is allocated while nothing is held, but for the few bytes
//   of a CompressedInput.
// Errors: none.
class HeldInput {
 public:
  bool empty() const { return held_ == nullptr; }

  // Holds `bytes`; nothing else is held.
  void Hold(std::string bytes) {
    if (!bytes.empty()) held_ = std::make_unique<std::string>(std::move(bytes));
  }

  // From now on messages may be compressed.
  void ExpectCompressed() { compressed_ = std::make_unique<CompressedInput>(); }

  // Tells about the message that Beast delivers; null: it is plain.
  const CompressedInput* compressed() const { return compressed_.get(); }

  // Beast is to get nothing any more.
  void End() { is_ended_ = true; }
  bool is_ended() const { return is_ended_; }

  // Gives Beast bytes that are held, as many as it may have for now; something must be held.
  template <class Buffers>
  size_t Take(const Buffers& into) {
    const size_t taken = Pass(into, boost::asio::buffer_copy(into, boost::asio::buffer(*held_)));
    held_->erase(0, taken);
    if (held_->empty()) held_.reset();
    return taken;
  }

  // `bytes` were read into Beast's buffers, and nothing is held. Returns how many of them it may
  // have for now, and holds the rest.
  template <class Buffers>
  size_t Divide(const Buffers& from, size_t bytes) {
    const size_t passed = Pass(from, bytes);
    if (passed == bytes) return passed;
    boost::beast::buffers_suffix<Buffers> behind(from);
    behind.consume(passed);
    held_ = std::make_unique<std::string>(bytes - passed, '\0');
    boost::asio::buffer_copy(boost::asio::buffer(*held_), behind);
    return passed;
  }

 private:
  template <class Buffers>
  size_t Pass(const Buffers& in, size_t bytes) {
    if (compressed_ == nullptr) return bytes;
    size_t passed = 0;
    for (boost::asio::mutable_buffer part : boost::beast::buffers_range_ref(in)) {
      const size_t size = std::min(part.size(), bytes - passed);
      if (size == 0) continue;
      passed += compressed_->Pass({static_cast<uint8_t*>(part.data()), size});
      if (compressed_->is_at_end()) break;
    }
    return passed;
  }

  std::unique_ptr<std::string> held_;
  std::unique_ptr<CompressedInput> compressed_;
  bool is_ended_ = false;
};

}  // namespace entitysync::ws
