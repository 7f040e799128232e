#include "tests/unit/client/virtual_platform.h"

#include <stdexcept>

namespace entitysync::client {

class VirtualScheduler::VirtualTimer final : public Timer {
 public:
  VirtualTimer(VirtualScheduler& scheduler, Id id) : scheduler_(scheduler), id_(id) {}
  ~VirtualTimer() override { scheduler_.timers_.erase(id_); }

 private:
  VirtualScheduler& scheduler_;
  const Id id_;
};

std::unique_ptr<Timer> VirtualScheduler::RunAfter(Duration delay, std::function<void()> function) {
  const Id id{now_ + std::max(delay, Duration(0)), next_++};
  timers_[id] = std::move(function);
  return std::make_unique<VirtualTimer>(*this, id);
}

void VirtualScheduler::Settle() {
  while (!posted_.empty()) {
    const auto run = std::move(posted_.front());
    posted_.pop_front();
    run();
  }
}

void VirtualScheduler::Advance(Duration time) {
  const TimePoint end = now_ + time;
  for (Settle(); !timers_.empty() && timers_.begin()->first.first <= end; Settle()) {
    auto due = timers_.extract(timers_.begin());
    now_ = due.key().first;
    due.mapped()();
  }
  now_ = end;
}

void FakeConnection::Text(const std::string& text) const {
  // A copy: the client may let go of the connection meanwhile.
  if (const auto call = events.text) call(text);
}

void FakeConnection::End(int code, const std::string& reason) const {
  if (const auto call = events.closed) call(code, reason);
}

namespace {

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(std::shared_ptr<FakeConnection> connection)
      : connection_(std::move(connection)) {}
  ~FakeTransport() override { connection_->events = {}; }

  void Send(std::string text) override {
    if (connection_->closed_with) throw std::logic_error("the client sends on what it closed");
    connection_->frames.push_back(std::move(text));
  }

  void Close(int code) override {
    if (!connection_->closed_with) connection_->closed_with = code;
  }

 private:
  const std::shared_ptr<FakeConnection> connection_;
};

}  // namespace

Platform FakePlatform::Make() {
  Platform platform;
  platform.scheduler = scheduler;
  platform.random = [this] { return random(); };
  platform.dial = [this](std::string subprotocol, TransportEvents events) {
    auto connection = std::make_shared<FakeConnection>();
    connection->subprotocol = std::move(subprotocol);
    connection->events = std::move(events);
    connections.push_back(connection);
    return std::make_unique<FakeTransport>(connection);
  };
  return platform;
}

}  // namespace entitysync::client
