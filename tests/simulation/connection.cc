#include "tests/simulation/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace entitysync::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr base::Duration kMostDelay = milliseconds(30);

// A websocket ping (RFC 6455 section 5.5.2).
constexpr std::string_view kPing("\x89\x00", 2);

bool IsPing(std::string_view frame) { return frame == kPing; }

}  // namespace

Connection::Connection(World& world, base::Executor& worker, std::unique_ptr<Witness> witness,
                       Peer& peer)
    : world_(world), worker_(worker), witness_(std::move(witness)), peer_(&peer) {}

void Connection::Open(session::ConnectionAcceptor& acceptor, session::Handshake handshake) {
  handshake.takes_deflated = world_.plan.compression;
  world_.loop.After(world_.UpTo(kMostDelay),
                    [self = shared_from_this(), &acceptor, handshake = std::move(handshake)] {
                      if (self->is_over_) return;
                      self->worker_.Post([self, &acceptor, handshake] {
                        if (self->is_over_) return;
                        self->handler_ = &acceptor.OnOpen(*self, handshake);
                        self->HandleWaiting();
                      });
                    });
}

void Connection::Say(std::string payload, bool is_binary, std::function<void()> before) {
  Up([payload = std::move(payload), is_binary,
      before = std::move(before)](session::ConnectionHandler& session) {
    before();
    session.OnMessage(payload, is_binary);
  });
}

void Connection::Leave() {
  peer_ = nullptr;
  has_vanished_ = true;  // As far as the client is concerned.
  world_.loop.After(world_.UpTo(kMostDelay), [self = shared_from_this()] { self->EndSession(); });
}

void Connection::Vanish() {
  peer_ = nullptr;
  has_vanished_ = true;
}

void Connection::Cut() {
  EndSession();
  world_.loop.After(world_.UpTo(kMostDelay), [self = shared_from_this()] { self->TellPeer(0); });
}

void Connection::Up(Action action) {
  if (has_vanished_) return;
  last_up_ = std::max(last_up_, world_.Now() + world_.UpTo(kMostDelay));
  world_.loop.After(last_up_ - world_.Now(),
                    [self = shared_from_this(), action = std::move(action)]() mutable {
                      self->worker_.Post([self, action = std::move(action)]() mutable {
                        self->waiting_up_.push_back(std::move(action));
                        self->HandleWaiting();
                      });
                    });
}

void Connection::HandleWaiting() {
  while (handler_ != nullptr && !is_over_ && session_reads_ && !waiting_up_.empty()) {
    const Action action = std::move(waiting_up_.front());
    waiting_up_.pop_front();
    handler_->OnActivity();
    action(*handler_);
  }
}

void Connection::OnWorker(Action action) {
  worker_.Post([self = shared_from_this(), action = std::move(action)] {
    if (!self->is_over_ && self->handler_ != nullptr) action(*self->handler_);
  });
}

void Connection::Send(protocol::LocalFramePtr frame) {
  if (is_over_ || close_code_.has_value()) return;
  // Answers are not measured beforehand: the last one may be too long.
  const bool is_state = witness_->OnSend(frame->bytes()) == Witness::Sent::kState;
  const size_t bytes = unsent_bytes_ + (is_state ? frame->size() : 1);
  if (unsent_bytes_ > 0 && bytes > world_.plan.flush_bytes) {
    world_.Broken(Promise::kBounded, "a session sends more than flush_bytes allows");
  }
  if (unsent_.empty()) last_progress_ = world_.Now();
  unsent_bytes_ += frame->size();
  unsent_.push_back(std::move(frame));
  SchedulePump();
}

void Connection::SchedulePump() {
  if (std::exchange(pump_scheduled_, true)) return;
  worker_.AtTurnEnd([self = shared_from_this()] {
    self->pump_scheduled_ = false;
    self->Pump();
  });
}

void Connection::Pump() {
  while (!unsent_.empty() && kernel_bytes_ < world_.plan.kernel_bytes) {
    protocol::LocalFramePtr frame = std::move(unsent_.front());
    unsent_.pop_front();
    unsent_bytes_ -= frame->size();
    kernel_bytes_ += frame->size();
    last_progress_ = world_.Now();
    Down(world_.UpTo(kMostDelay), [this, frame = std::move(frame)] { Arrive(frame); });
  }
  if (!writable_mark_.has_value() || unsent_bytes_ > *writable_mark_) return;
  writable_mark_.reset();
  OnWorker([](session::ConnectionHandler& session) { session.OnWritable(); });
}

void Connection::Down(base::Duration delay, std::function<void()> arrival) {
  last_down_ = std::max(last_down_, world_.Now() + delay);
  world_.loop.After(last_down_ - world_.Now(),
                    [self = shared_from_this(), arrival = std::move(arrival)] { arrival(); });
}

void Connection::Arrive(const protocol::LocalFramePtr& frame) {
  if (has_vanished_) return;
  if (!client_reads_) return unread_.push_back(frame);
  ReadAsClient(frame);
}

void Connection::ReadAsClient(const protocol::LocalFramePtr& frame) {
  OnWorker([this, bytes = frame->size()](session::ConnectionHandler&) {
    kernel_bytes_ -= bytes;
    Pump();
  });
  if (IsPing(frame->bytes())) return Up([](session::ConnectionHandler&) {});
  if (peer_ != nullptr) peer_->OnFrame(frame->bytes());
}

void Connection::SetReadsAsClient(bool reads) {
  client_reads_ = reads;
  while (client_reads_ && !unread_.empty()) {
    const protocol::LocalFramePtr frame = std::move(unread_.front());
    unread_.pop_front();
    ReadAsClient(frame);
  }
  if (client_reads_ && close_arrived_) AnswerClose();
}

void Connection::AnswerClose() {
  if (has_vanished_) return;
  TellPeer(static_cast<int>(*close_code_));
  EndSession();
}

void Connection::Ping() {
  if (is_over_ || close_code_.has_value()) return;
  unsent_bytes_ += kPing.size();
  unsent_.emplace_back(new protocol::LocalFrame(std::make_shared<const std::string>(kPing)));
  SchedulePump();
}

void Connection::SetReading(bool on) {
  session_reads_ = on;
  if (on) OnWorker([this](session::ConnectionHandler&) { HandleWaiting(); });
}

void Connection::Close(protocol::CloseCode code, std::string_view reason) {
  static_cast<void>(reason);
  if (close_code_.has_value()) return;
  close_code_ = code;
  world_.Tell("a connection is closed with ", static_cast<int>(code));
  unsent_.clear();
  unsent_bytes_ = 0;
  Down(world_.UpTo(kMostDelay), [this] {
    close_arrived_ = true;
    if (client_reads_) AnswerClose();
  });
  world_.loop.After(kCloseTimeout, [self = shared_from_this()] {
    self->EndSession();
    self->TellPeer(0);
  });
}

void Connection::EndSession() {
  worker_.Post([self = shared_from_this()] {
    if (std::exchange(self->is_over_, true)) return;
    if (self->handler_ != nullptr) std::exchange(self->handler_, nullptr)->OnClosed();
  });
}

void Connection::TellPeer(int code) {
  if (peer_ != nullptr) std::exchange(peer_, nullptr)->OnGone(code);
}

}  // namespace entitysync::simulation
