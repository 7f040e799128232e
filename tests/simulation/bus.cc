#include "tests/simulation/bus.h"

#include <algorithm>
#include <variant>

#include "entitysync/gateway/subject.h"
#include "gateway/changelog/bus_codec.h"

namespace entitysync::simulation {

void Bus::SetRoute(size_t from, size_t to, uint32_t loss_percent) {
  route_loss_[{from, to}] = loss_percent;
}

void Bus::Heal() {
  route_loss_.clear();
  most_delay_ = std::chrono::milliseconds(2);
  duplicate_percent_ = 0;
}

base::TimePoint Bus::TakenAt(const std::string& replica, uint64_t epoch,
                             const base::EntityKey& key) const {
  const auto it = taken_.find({replica, epoch, key});
  return it == taken_.end() ? base::TimePoint{} : it->second;
}

void Bus::Take(const Link& from, const std::shared_ptr<const Message>& message) {
  const auto decoded = changelog::DecodeBusMessage(message->payload);
  if (const auto* batch = std::get_if<changelog::BatchBody>(&decoded->body)) {
    for (const changelog::Change& change : batch->changes) {
      taken_[{decoded->origin.replica, decoded->origin.epoch, change.key}] = world_.Now();
    }
  }
  for (Link* to : links_) {
    if (!to->Subscribes(message->subject)) continue;
    const auto route = route_loss_.find({from.replica_, to->replica_});
    if (route != route_loss_.end() && world_.Chance(route->second)) continue;
    to->Deliver(from.replica_, message);
    if (world_.Chance(duplicate_percent_)) to->Deliver(from.replica_, message);
  }
}

Link::Link(World& world, Bus& bus, base::Executor& thread, size_t replica)
    : world_(world), bus_(bus), thread_(thread), replica_(replica) {
  bus_.links_.push_back(this);
}

Link::~Link() {
  Abandon();
  std::erase(bus_.links_, this);
}

absl::Status Link::Start(std::vector<std::string> subscriptions, bus::BusListener& listener) {
  subscriptions_ = std::move(subscriptions);
  listener_ = &listener;
  reconnect_ = thread_.After(bus_.Delay(), [this] { Connect(); });
  return absl::OkStatus();
}

absl::Status Link::Publish(std::string_view subject, std::string_view payload) {
  if (wire_ == nullptr || refuses_) return absl::UnavailableError("not now");
  auto message = std::make_shared<const Bus::Message>(
      Bus::Message{std::string(subject), std::string(payload)});
  wire_->last_up = std::max(wire_->last_up, world_.Now() + bus_.Delay());
  world_.loop.After(wire_->last_up - world_.Now(),
                    [this, wire = wire_, message = std::move(message)] {
                      if (wire->alive) bus_.Take(*this, message);
                    });
  return absl::OkStatus();
}

void Link::Stop() {
  // What was accepted still goes up; nothing comes down any more.
  listener_ = nullptr;
  thread_.Cancel(std::exchange(reconnect_, base::kNoTimer));
}

void Link::Abandon() {
  Stop();
  if (wire_ != nullptr) wire_->alive = false;
  wire_.reset();
}

void Link::Connect() {
  reconnect_ = base::kNoTimer;
  ++connection_;
  wire_ = std::make_shared<Wire>();
  if (listener_ != nullptr) listener_->OnConnected();
}

void Link::Break(base::Duration unnoticed, base::Duration away) {
  if (wire_ == nullptr || !wire_->alive) return;
  wire_->alive = false;
  reconnect_ = thread_.After(unnoticed, [this, away] { NoticeLoss(away); });
}

void Link::NoticeLoss(base::Duration away) {
  wire_.reset();
  reconnect_ = thread_.After(away, [this] { Connect(); });
  if (listener_ != nullptr) listener_->OnDisconnected();
}

void Link::Heal() {
  refuses_ = false;
  if (listener_ == nullptr || (wire_ != nullptr && wire_->alive)) return;
  thread_.Cancel(reconnect_);
  reconnect_ = thread_.After(base::Duration(0), [this] {
    if (wire_ != nullptr) return NoticeLoss(base::Duration(0));
    Connect();
  });
}

void Link::DropNext(uint64_t count, base::Duration report_after) {
  to_drop_ += count;
  thread_.After(report_after, [this] {
    // Whatever was to be lost is lost by now, or never.
    to_drop_ = 0;
    if (listener_ != nullptr) listener_->OnDropped(1);
  });
}

bool Link::Subscribes(const std::string& subject) const {
  return wire_ != nullptr && wire_->alive && listener_ != nullptr &&
         std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [&](const std::string& each) { return bus::Matches(each, subject); });
}

void Link::Deliver(size_t from, const std::shared_ptr<const Bus::Message>& message) {
  base::TimePoint& last = wire_->last_down[from];
  last = std::max(last, world_.Now() + bus_.Delay());
  // Over the world's loop, so that a frozen link gets its messages late and in order.
  world_.loop.After(last - world_.Now(), [this, wire = wire_, message] {
    if (wire->alive) Arrive(message);
  });
}

void Link::Arrive(const std::shared_ptr<const Bus::Message>& message) {
  if (to_drop_ > 0) {
    --to_drop_;
    return;
  }
  thread_.Post([this, message] {
    if (listener_ != nullptr) listener_->OnMessage(message->subject, message->payload);
  });
}

}  // namespace entitysync::simulation
