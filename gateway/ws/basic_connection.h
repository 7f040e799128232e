#pragma once

#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <optional>
#include <string>

#include "gateway/base/timer_wheel.h"
#include "gateway/ws/connection.h"
#include "gateway/ws/handshake.h"
#include "gateway/ws/message_buffer.h"
#include "gateway/ws/queued_layer.h"
#include "gateway/ws/request_head.h"

namespace entitysync::ws {

// Where a connection stands in its life.
enum class ConnectionState : uint8_t {
  kTlsHandshake,
  kReadingRequest,
  kAnswering,  // With an HTTP error.
  kUpgrading,
  kOpen,
  kClosing,
  kDone,
};

// What only the HTTP part of a connection needs; freed when that is over.
struct HttpPhase : RequestHead {
  Response response;
  session::Handshake handshake;
  bool timed_out = false;
};

// Connection over one kind of socket. Its member functions stand in two files by phase:
// basic_connection_handshake.h and basic_connection_open.h, both included by the file that makes
// this kind of connection and by no other.
template <class Stream>
class BasicConnection final : public Connection,
                              public std::enable_shared_from_this<BasicConnection<Stream>>,
                              private LayerOwner {
 public:
  template <class... StreamArgs>
  BasicConnection(std::shared_ptr<Worker> worker, Admission admission, StreamArgs&&... args)
      : worker_(std::move(worker)),
        stream_(static_cast<LayerOwner&>(*this), *worker_->flush,
                std::forward<StreamArgs>(args)...),
        admission_(admission) {}
  ~BasicConnection() override { worker_->incomplete_bytes -= message_.heap_bytes(); }

  void Start() override;
  void Abort() override { Finish(); }

  // session::Transport
  void Send(protocol::LocalFramePtr frame) override;
  size_t UnsentBytes() const override { return layer().unsent_bytes(); }
  void WantWritable() override { layer().WantWritable(); }
  base::TimePoint LastProgress() const override { return layer().last_progress(); }
  void Ping() override;
  void SetReading(bool on) override;
  void Close(protocol::CloseCode code, std::string_view reason) override;

 private:
  using Layer = QueuedLayer<Stream>;
  using Websocket = boost::beast::websocket::stream<Layer, false>;
  using Error = boost::system::error_code;
  using State = ConnectionState;

  Layer& layer() { return stream_.next_layer(); }
  const Layer& layer() const { return stream_.next_layer(); }
  auto Self() { return this->shared_from_this(); }

  // Handshake.
  void ReadRequest();
  void OnRequest(Error error);
  void Refuse(const HttpAnswer& answer);
  void Answer(const HttpAnswer& answer);
  void Accept(Upgrade upgrade);
  void ConfigureStream(std::string subprotocol, std::string extensions);
  void OnAccepted();

  // Websocket.
  void StartRead();
  void OnRead(Error error, size_t bytes);
  void OnReadFailed();
  void Deliver();
  void DeliverInflated(bool is_text);
  void FailMessage(protocol::CloseCode code, std::string_view reason);
  void OnControlFrame(boost::beast::websocket::frame_type kind);
  void BeginClosing();

  // LayerOwner
  std::shared_ptr<void> KeepAlive() override { return Self(); }
  void OnReadBegun() override;
  void OnWritable() override;
  void OnWriteFailed() override;
  void OnCloseQueued(uint16_t code) override;

  void OnDeadline();
  void Finish();

  const std::shared_ptr<Worker> worker_;
  std::shared_ptr<Connection> self_;  // While it lives by itself, see Connection.
  Websocket stream_;
  session::ConnectionHandler* handler_ = nullptr;
  std::unique_ptr<HttpPhase> http_;
  MessageBuffer message_;
  base::WheelTimer<BasicConnection, &BasicConnection::OnDeadline> deadline_{*this};
  const Admission admission_;
  size_t max_message_bytes_ = 0;  // Of the client's messages, in its dialect.
  State state_ = State::kTlsHandshake;
  bool reading_ = true;           // Wanted by the session.
  bool read_under_way_ = false;   // A read is pending or its message is being delivered.
  bool close_requested_ = false;  // Our Close is pending and will finish the connection.
};

template <class Stream>
void BasicConnection<Stream>::OnDeadline() {
  if (state_ != State::kReadingRequest) return Finish();
  if (http_->timed_out) {
    worker_->metrics.handshakes_failed.Increment();
    return Finish();
  }
  // Reading ends with an error, upon which 408 is answered. Only if TLS is just about to take bytes
  // that do not complete a record, the connection ends at the next tick without an answer.
  http_->timed_out = true;
  layer().EndReading();
  worker_->wheel.Set(deadline_, base::Duration(0));
}

template <class Stream>
void BasicConnection<Stream>::Finish() {
  if (state_ == State::kDone) return;
  const bool was_open = handler_ != nullptr;
  state_ = State::kDone;
  worker_->wheel.Cancel(deadline_);
  layer().Abort();
  this->base::ListHook<Connection>::Unlink();
  Release(*worker_->shared, admission_);
  if (!admission_.is_served()) --worker_->refusals;
  if (was_open) {
    worker_->metrics.connections.Decrement();
    std::exchange(handler_, nullptr)->OnClosed();
  }
  // Callers up the stack may still be ours, so the last reference goes in a later task.
  worker_->loop.Post([self = std::move(self_)] {});
}

}  // namespace entitysync::ws
