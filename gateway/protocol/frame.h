#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace entitysync::protocol {

// One or more complete websocket messages as they go over the wire from the server (RFC 6455
// section 5: unmasked, FIN set), built once and shared by all their receivers. Never null where a
// Frame is passed.
using Frame = std::shared_ptr<const std::string>;

// A Frame as the connections of one worker share it: counted without atomics, so that it lives and
// dies on that worker's loop. Never null where a LocalFramePtr is passed.
class LocalFrame : public boost::intrusive_ref_counter<LocalFrame, boost::thread_unsafe_counter> {
 public:
  explicit LocalFrame(Frame frame) : frame_(std::move(frame)) {}

  const char* data() const { return frame_->data(); }
  size_t size() const { return frame_->size(); }
  bool empty() const { return frame_->empty(); }
  std::string_view bytes() const { return *frame_; }

 private:
  const Frame frame_;
};
using LocalFramePtr = boost::intrusive_ptr<const LocalFrame>;

enum class FrameKind : uint8_t { kText = 0x1, kBinary = 0x2 };

// Whether a payload stands as it is, or compressed as RFC 7692 says.
enum class PayloadForm : uint8_t { kPlain = 0, kDeflated = 0x40 };

// Appends one message of `kind`, header and payload, to `out`.
void AppendMessage(FrameKind kind, std::string_view payload, std::string& out,
                   PayloadForm form = PayloadForm::kPlain);

// How many bytes AppendMessage appends for a payload of `payload_bytes`.
size_t MessageBytes(size_t payload_bytes);

// One message within a frame.
struct MessageView {
  FrameKind kind;
  std::string_view payload;
  std::string_view bytes;  // Header and payload.
};

// Takes the first message off `frame`, which holds whole messages, and at least one.
MessageView TakeMessage(std::string_view& frame);

}  // namespace entitysync::protocol
