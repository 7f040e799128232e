#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/base/time.h"
#include "gateway/protocol/close_code.h"
#include "gateway/protocol/frame.h"

namespace entitysync::session {

// What a session needs of the connection beneath it; websockets in production, a fake in tests.
//
// Owner and lifetime: the transport owns its session's place in the SessionTable: it calls
//   ConnectionAcceptor::OnOpen when the handshake is done and ConnectionHandler::OnClosed exactly
//   once, after which neither calls the other.
// Threading: one worker's loop, on both sides.
// Limits: Send never refuses; the session looks at UnsentBytes first, and asks to be told when
//   there is room.
class Transport {
 public:
  virtual ~Transport() = default;

  // Queues complete messages. They are written together with all else queued when the loop's turn
  // ends. After Close they are discarded.
  virtual void Send(protocol::LocalFramePtr frame) = 0;

  // Bytes queued and not yet in the kernel.
  virtual size_t UnsentBytes() const = 0;

  // ConnectionHandler::OnWritable is to be called, once, when UnsentBytes has fallen to half of
  // what it is now.
  virtual void WantWritable() = 0;

  // When bytes last went into the kernel, or when the queue last became non-empty, whichever is
  // later.
  virtual base::TimePoint LastProgress() const = 0;

  // Sends a websocket ping. Ignored while an earlier one is not yet in the kernel.
  virtual void Ping() = 0;

  // Whether to read on; reading is on at the start. Data already read may still arrive after
  // SetReading(false).
  virtual void SetReading(bool on) = 0;

  // Discards what is queued and not begun, sends a close frame, and ends the connection when the
  // peer answers or the close timeout passes. ConnectionHandler::OnClosed follows, never inside
  // this call.
  virtual void Close(protocol::CloseCode code, std::string_view reason) = 0;
};

}  // namespace entitysync::session
