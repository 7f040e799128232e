#include "gateway/bus/in_process_bus.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "entitysync/gateway/subject.h"

namespace entitysync::bus {

void InProcessBus::Cut() {
  const std::lock_guard lock(mutex_);
  up_ = false;
  for (InProcessLink* link : links_) link->queue_.Wake();
}

void InProcessBus::Restore() {
  const std::lock_guard lock(mutex_);
  if (up_) return;
  up_ = true;
  ++connection_;
  for (InProcessLink* link : links_) link->queue_.Wake();
}

void InProcessBus::Attach(InProcessLink& link) {
  const std::lock_guard lock(mutex_);
  links_.push_back(&link);
}

void InProcessBus::Detach(InProcessLink& link) {
  const std::lock_guard lock(mutex_);
  std::erase(links_, &link);
}

InProcessBus::State InProcessBus::GetState() const {
  const std::lock_guard lock(mutex_);
  return {connection_, up_};
}

absl::Status InProcessBus::Publish(uint64_t connection, std::string_view subject,
                                   std::string_view payload) {
  const auto message = std::make_shared<const InProcessLink::Message>(
      InProcessLink::Message{std::string(subject), std::string(payload)});
  // Pushing to all links under one lock is what makes the order the same for everybody.
  const std::lock_guard lock(mutex_);
  if (!up_ || connection != connection_) {
    return absl::UnavailableError("not connected to the in-process bus; retry later");
  }
  for (InProcessLink* link : links_) {
    if (link->Hears(subject)) link->queue_.Push(message, subject.size() + payload.size());
  }
  return absl::OkStatus();
}

InProcessLink::InProcessLink(InProcessBus& bus, DeliveryLimits limits)
    : bus_(bus), queue_(limits) {}

InProcessLink::~InProcessLink() { Stop(); }

absl::Status InProcessLink::Start(std::vector<std::string> subscriptions, BusListener& listener) {
  for (const std::string& subscription : subscriptions) {
    if (absl::Status status = ValidateSubscription(subscription); !status.ok()) return status;
  }
  subscriptions_ = std::move(subscriptions);
  listener_ = &listener;
  bus_.Attach(*this);
  queue_.Wake();  // To report the connection.
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status InProcessLink::Publish(std::string_view subject, std::string_view payload) {
  if (absl::Status status = ValidateMessage(subject, payload); !status.ok()) return status;
  return bus_.Publish(Connection(), subject, payload);
}

void InProcessLink::Stop() {
  if (!thread_.joinable()) return;
  bus_.Detach(*this);
  queue_.Close();
  thread_.join();
}

bool InProcessLink::Hears(std::string_view subject) const {
  return std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [subject](const std::string& s) { return Matches(s, subject); });
}

void InProcessLink::Run() {
  Queue::Batch batch;
  while (queue_.Wait(batch, std::chrono::hours(1))) {
    const InProcessBus::State state = bus_.GetState();
    report_.Update(state.connection, state.up, *listener_);
    if (batch.dropped != 0) listener_->OnDropped(batch.dropped);
    for (const auto& message : batch.items) {
      if (queue_.IsClosed()) return;
      listener_->OnMessage(message->subject, message->payload);
    }
  }
}

}  // namespace entitysync::bus
