#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/session/connection_handler.h"
#include "gateway/session/transport.h"
#include "tests/simulation/witness.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// The client's end of a connection.
class Peer {
 public:
  virtual ~Peer() = default;
  // Sees what the session at the other end hears and sends. `source`: of the replica there. Called
  // once for each connection, when it begins.
  virtual std::unique_ptr<Witness> MakeWitness(const Source& source, const std::string& name) = 0;
  // What one call of Transport::Send carried.
  virtual void OnFrame(std::string_view frame) = 0;
  // The connection is gone: with the gateway's close code, or 0 when it broke.
  virtual void OnGone(int code) = 0;
};

// One websocket: a client at one end, a session at the other, a slow network between.
//
// Purpose: the only fake of session::Transport that a cluster meets. Both ways keep order and take
//   time; the way down has a bounded send buffer ("kernel") that fills when the client does not
//   read.
// Owner and lifetime: shared by the client and the replica, until both know that it is gone.
// Threading: one thread; the session's side runs on the worker's loop, the client's on the world's.
class Connection final : public session::Transport,
                         public std::enable_shared_from_this<Connection> {
 public:
  static constexpr base::Duration kCloseTimeout = std::chrono::seconds(5);

  Connection(World& world, base::Executor& worker, std::unique_ptr<Witness> witness, Peer& peer);

  // The client's side.

  // Reaches the replica: the session begins.
  void Open(session::ConnectionAcceptor& acceptor, session::Handshake handshake);
  // Sends a message. `before` is called when the session is about to handle it.
  void Say(std::string payload, bool is_binary, std::function<void()> before);
  // Ends in an orderly way.
  void Leave();
  // Gone without a word: nothing passes any more, and nobody is told.
  void Vanish();
  void SetReadsAsClient(bool reads);

  // The network or the replica's process ends it; both sides are told.
  void Cut();

  // Whether the session's side is over.
  bool IsOver() const { return is_over_; }
  std::optional<protocol::CloseCode> close_code() const { return close_code_; }

  // Transport.
  void Send(protocol::LocalFramePtr frame) override;
  size_t UnsentBytes() const override { return unsent_bytes_; }
  void WantWritable() override { writable_mark_ = unsent_bytes_ / 2; }
  base::TimePoint LastProgress() const override { return last_progress_; }
  void Ping() override;
  void SetReading(bool on) override;
  void Close(protocol::CloseCode code, std::string_view reason) override;

 private:
  using Action = std::function<void(session::ConnectionHandler&)>;

  // Something that the client sends, handled by the session when it arrives.
  void Up(Action action);
  void HandleWaiting();
  // Calls the session back on its loop, if it is still there.
  void OnWorker(Action action);
  void Down(base::Duration delay, std::function<void()> arrival);
  void SchedulePump();
  void Pump();
  void Arrive(const protocol::LocalFramePtr& frame);
  void ReadAsClient(const protocol::LocalFramePtr& frame);
  // The client read the gateway's close frame.
  void AnswerClose();
  void EndSession();
  void TellPeer(int code);

  World& world_;
  base::Executor& worker_;
  const std::unique_ptr<Witness> witness_;
  Peer* peer_;  // Null once it was told that the connection is gone, or forgot it.
  session::ConnectionHandler* handler_ = nullptr;
  bool is_over_ = false;
  bool has_vanished_ = false;
  bool client_reads_ = true;
  bool session_reads_ = true;
  bool close_arrived_ = false;
  bool pump_scheduled_ = false;
  std::optional<protocol::CloseCode> close_code_;
  base::TimePoint last_up_{};
  base::TimePoint last_down_{};
  std::deque<Action> waiting_up_;               // Arrived, not read by the session yet.
  std::deque<protocol::LocalFramePtr> unsent_;  // Given by the session, not in the kernel yet.
  size_t unsent_bytes_ = 0;
  std::optional<size_t> writable_mark_;  // Of unsent_bytes_, if the session wants to be told.
  size_t kernel_bytes_ = 0;
  base::TimePoint last_progress_{};
  std::deque<protocol::LocalFramePtr> unread_;  // Arrived, not read by the client yet.
};

}  // namespace entitysync::simulation
