#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/session/connection_handler.h"

namespace entitysync::ws {

// What the sessions above a server saw; read by the test's thread.
struct SeenByOne {
  std::string secret;
  bool takes_deflated = false;
  std::vector<std::string> messages;
  bool last_was_binary = false;
  int activity = 0;
  int writable = 0;
  int closed = 0;
};

// Stands for the sessions: records what the transports tell, and lets a test act on a transport
// from the loop. One object may serve several workers.
class FakeSessions final : public session::ConnectionAcceptor {
 public:
  // Called on the loop when a connection opens and when a message came.
  std::function<void(session::Transport&)> on_open = [](session::Transport&) {};
  std::function<void(session::Transport&, std::string_view)> on_message = [](session::Transport&,
                                                                             std::string_view) {};

  session::ConnectionHandler& OnOpen(session::Transport& transport,
                                     session::Handshake handshake) override {
    Handler* handler;
    {
      const std::lock_guard lock(mutex_);
      handlers_.push_back(std::make_unique<Handler>(*this, transport));
      handler = handlers_.back().get();
      handler->seen.secret = std::move(handshake.secret);
      handler->seen.takes_deflated = handshake.takes_deflated;
    }
    on_open(transport);
    Change([this] { ++opened_; });
    return *handler;
  }

  // Waits until `condition` holds for what connection `index` (in order of opening) saw.
  bool WaitFor(size_t index, const std::function<bool(const SeenByOne&)>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return index < opened_ && condition(handlers_[index]->seen); });
  }

  bool WaitForOpen(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return opened_ >= count; });
  }

  bool WaitForClosed(size_t index) {
    return WaitFor(index, [](const SeenByOne& seen) { return seen.closed > 0; });
  }

  SeenByOne Seen(size_t index) {
    const std::lock_guard lock(mutex_);
    return handlers_.at(index)->seen;
  }

  size_t opened() {
    const std::lock_guard lock(mutex_);
    return opened_;
  }

  // On the loop only, and not after OnClosed.
  session::Transport& transport(size_t index) {
    const std::lock_guard lock(mutex_);
    return handlers_.at(index)->transport;
  }

 private:
  struct Handler final : session::ConnectionHandler {
    Handler(FakeSessions& its_owner, session::Transport& its_transport)
        : owner(its_owner), transport(its_transport) {}

    void OnMessage(std::string_view payload, bool is_binary) override {
      owner.Change([&] {
        seen.messages.emplace_back(payload);
        seen.last_was_binary = is_binary;
      });
      owner.on_message(transport, payload);
    }
    void OnActivity() override {
      owner.Change([&] { ++seen.activity; });
    }
    void OnWritable() override {
      owner.Change([&] { ++seen.writable; });
    }
    void OnClosed() override {
      owner.Change([&] { ++seen.closed; });
    }

    FakeSessions& owner;
    session::Transport& transport;
    SeenByOne seen;
  };

  template <class Action>
  void Change(Action action) {
    {
      const std::lock_guard lock(mutex_);
      action();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Handler>> handlers_;
  size_t opened_ = 0;  // Those of which on_open has returned.
};

}  // namespace entitysync::ws
