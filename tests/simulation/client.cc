#include "tests/simulation/client.h"

#include <vector>

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

Client::Client(World& world, Application& application, Directory& directory, size_t index)
    : world_(world),
      application_(application),
      directory_(directory),
      name_(absl::StrCat("client ", index)),
      secret_(SecretName(world.random.Below(world.plan.secrets))) {
  while (watched_.size() < world.plan.watches) {
    watched_.insert(world.random.Below(application.keys()));
  }
}

void Client::Connect() {
  coming_back_ = base::kNoTimer;
  shown_.clear();
  connection_ = directory_.Connect(*this, name_, secret_);
  if (connection_ == nullptr) return ComeBackAfter(milliseconds(200));
  world_.Tell(name_, " connects as ", secret_);
  for (const KeyIndex key : watched_) connection_->Subscribe(key);
}

void Client::ComeBackAfter(base::Duration delay) {
  connection_.reset();
  coming_back_ = world_.loop.After(delay, [this] { Connect(); });
}

void Client::Act() {
  if (connection_ == nullptr) return;
  const Plan& plan = world_.plan;
  using Deed = void (*)(Client&);
  std::vector<Deed> deeds;
  if (plan.secret_changes) deeds.push_back([](Client& self) { self.SwitchSecret(); });
  if (plan.unsubscribes) deeds.push_back([](Client& self) { self.ToggleWatch(); });
  if (plan.stalls) deeds.push_back([](Client& self) { self.Stall(); });
  if (plan.leaves) {
    deeds.push_back([](Client& self) {
      self.world_.Tell(self.name_, " leaves");
      self.connection_->Leave();
      self.ComeBackAfter(self.world_.UpTo(seconds(2)));
    });
  }
  if (plan.vanishes) {
    deeds.push_back([](Client& self) {
      self.world_.Tell(self.name_, " vanishes");
      self.connection_->Vanish();
      self.ComeBackAfter(self.world_.UpTo(seconds(2)));
    });
  }
  if (!deeds.empty()) deeds[world_.random.Below(deeds.size())](*this);
}

void Client::SwitchSecret() {
  secret_ = SecretName(world_.random.Below(world_.plan.secrets));
  world_.Tell(name_, " presents ", secret_);
  connection_->PresentSecret(secret_);
}

void Client::ToggleWatch() {
  const KeyIndex key = world_.random.Below(application_.keys());
  if (watched_.erase(key) > 0) {
    world_.Tell(name_, " unsubscribes from ", application_.NameOf(key));
    shown_.erase(key);
    return connection_->Unsubscribe(key);
  }
  world_.Tell(name_, " subscribes to ", application_.NameOf(key));
  watched_.insert(key);
  connection_->Subscribe(key);
}

void Client::Stall() {
  world_.Tell(name_, " stops reading");
  connection_->SetReadsAsClient(false);
  world_.loop.After(world_.UpTo(seconds(6)), [this, connection = connection_] {
    world_.Tell(name_, " reads on");
    connection->SetReadsAsClient(true);
  });
}

void Client::Heal() {
  if (connection_ != nullptr) return connection_->SetReadsAsClient(true);
  world_.loop.Cancel(coming_back_);
  Connect();
}

void Client::OnRows(const base::Rows& rows) {
  const KeyIndex key = ReadRow(rows.front()).key;
  if (watched_.contains(key)) shown_[key] = rows;
}

void Client::OnGone(int code) {
  world_.Tell(name_, "'s connection is gone (", code, ")");
  ComeBackAfter(world_.random.Between(milliseconds(50), milliseconds(500)));
}

std::string Client::Lacks(const Producer& producer) const {
  if (connection_ == nullptr || connection_->IsOver()) return name_ + " is not connected";
  for (const KeyIndex key : watched_) {
    const auto since = connection_->witness().WatchedSince(key);
    std::string lack = since.has_value() ? LacksOf(key, *since, producer) : " does not watch yet";
    if (!lack.empty()) return absl::StrCat(name_, " as ", secret_, lack);
  }
  return "";
}

std::string Client::LacksOf(KeyIndex key, base::TimePoint since, const Producer& producer) const {
  const Fact& fact = application_.Present(key);
  // Classic says nothing of what is removed or denied.
  if (!fact.exists || application_.IsDenied(key, secret_)) return "";
  const auto shown = shown_.find(key);
  const std::string has = shown == shown_.end() ? "nothing" : shown->second.front();
  const auto lack = [&] {
    return absl::StrCat(" shows ", has, " of ", application_.NameOf(key), ", which is #",
                        fact.serial);
  };
  if (Application::HasSnapshot(application_.KeyOf(key))) {
    const base::Rows wanted = application_.RowsOf(key, secret_, fact.serial);
    return shown != shown_.end() && shown->second == wanted ? "" : lack();
  }
  // Without snapshots only what was notified since the subscription must be here, under whichever
  // secret it was fetched.
  if (application_.WasEverDenied(key) || !producer.NotifiedSince(key, fact.serial, since))
    return "";
  return shown != shown_.end() && ReadRow(shown->second.front()).serial == fact.serial ? ""
                                                                                       : lack();
}

}  // namespace entitysync::simulation
