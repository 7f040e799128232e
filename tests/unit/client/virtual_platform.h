#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client-sdk/cpp/platform.h"

namespace entitysync::client {

// Time that passes only when a test says so.
class VirtualScheduler final : public Scheduler {
 public:
  TimePoint Now() const override { return now_; }
  void Post(std::function<void()> function) override { posted_.push_back(std::move(function)); }
  std::unique_ptr<Timer> RunAfter(Duration delay, std::function<void()> function) override;

  // Runs what was posted, and what that posts.
  void Settle();

  // Runs what falls due within the time, each at its moment.
  void Advance(Duration time);

  // Timers that are set; a client that is closed must leave none.
  size_t pending() const { return timers_.size(); }

 private:
  class VirtualTimer;
  using Id = std::pair<TimePoint, int>;

  TimePoint now_;
  int next_ = 0;
  std::deque<std::function<void()>> posted_;
  std::map<Id, std::function<void()>> timers_;
};

// One connection as the gateway sees it.
struct FakeConnection {
  std::string subprotocol;
  TransportEvents events;          // Empty when the client has let go of it.
  std::deque<std::string> frames;  // What the client sent and nobody looked at yet.
  std::optional<int> closed_with;  // The code with which the client closed it.

  bool IsLive() const { return events.text != nullptr; }

  // What the gateway does.
  void Text(const std::string& text) const;
  void End(int code, const std::string& reason = "") const;
};

// A platform whose gateway is the test.
struct FakePlatform {
  std::shared_ptr<VirtualScheduler> scheduler = std::make_shared<VirtualScheduler>();
  std::vector<std::shared_ptr<FakeConnection>> connections;  // In the order of their handshakes.
  std::function<double()> random = [] { return 0.5; };

  // Borrows this.
  Platform Make();
};

}  // namespace entitysync::client
