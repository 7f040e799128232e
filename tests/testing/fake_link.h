#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "entitysync/gateway/subject.h"

namespace entitysync::testing {

class FakeLink;

// A bus in one thread whose messages move when the test says so, with the faults that real links
// have and no others.
class FakeBus {
 public:
  // Delivers what was published, in order, until nothing moves.
  void DeliverAll();
  // Forgets what was published and not yet delivered, to `link` or to all.
  void LoseAll(FakeLink* link = nullptr);

 private:
  friend class FakeLink;
  std::vector<FakeLink*> links_;
};

class FakeLink final : public bus::BusLink {
 public:
  explicit FakeLink(FakeBus& bus) : bus_(bus) { bus.links_.push_back(this); }

  absl::Status Start(std::vector<std::string> subscriptions, bus::BusListener& listener) override {
    subscriptions_ = std::move(subscriptions);
    listener_ = &listener;
    return absl::OkStatus();
  }
  absl::Status Publish(std::string_view subject, std::string_view payload) override {
    if (!is_connected_ || is_full || room == 0) return absl::UnavailableError("not now");
    if (is_buffering) return absl::OkStatus();  // Accepted, and never arrives anywhere.
    ++published;
    if (room > 0) --room;
    for (FakeLink* link : bus_.links_) link->Hear(subject, payload);
    return absl::OkStatus();
  }
  uint64_t Connection() const override { return connection_; }
  void Stop() override { listener_ = nullptr; }

  void Connect() {
    is_connected_ = true;
    ++connection_;
    if (listener_ != nullptr) listener_->OnConnected();
  }
  void Disconnect() {
    is_connected_ = false;
    waiting_.clear();
    if (listener_ != nullptr) listener_->OnDisconnected();
  }
  void ReportDropped(uint64_t count) { listener_->OnDropped(count); }

  bool is_full = false;
  int room = -1;              // Messages accepted until it is full; below 0: any number.
  bool is_buffering = false;  // As a client library that writes into a dead connection.
  int published = 0;

 private:
  friend class FakeBus;

  void Hear(std::string_view subject, std::string_view payload) {
    if (!is_connected_ || listener_ == nullptr) return;
    for (const std::string& subscription : subscriptions_) {
      if (!bus::Matches(subscription, subject)) continue;
      waiting_.emplace_back(subject, payload);
      return;
    }
  }

  FakeBus& bus_;
  std::vector<std::string> subscriptions_;
  bus::BusListener* listener_ = nullptr;
  bool is_connected_ = false;
  uint64_t connection_ = 0;
  std::deque<std::pair<std::string, std::string>> waiting_;
};

inline void FakeBus::DeliverAll() {
  for (FakeLink* link : links_) {
    while (!link->waiting_.empty() && link->listener_ != nullptr) {
      const auto [subject, payload] = std::move(link->waiting_.front());
      link->waiting_.pop_front();
      link->listener_->OnMessage(subject, payload);
    }
  }
}

inline void FakeBus::LoseAll(FakeLink* link) {
  for (FakeLink* each : links_) {
    if (link == nullptr || link == each) each->waiting_.clear();
  }
}

}  // namespace entitysync::testing
