#include "tests/simulation/client.h"

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
      secret_(SecretName(world.random.Below(world.plan.secrets))) {}

void Client::Act() {
  if (connection_ == nullptr) return;
  const Plan& plan = world_.plan;
  Deeds deeds;
  AddDeeds(deeds);
  if (plan.stalls) deeds.emplace_back([this] { Stall(); });
  if (plan.leaves) {
    deeds.emplace_back([this] {
      world_.Tell(name_, " leaves");
      connection_->Leave();
      ComeBackAfter(world_.UpTo(seconds(2)));
    });
  }
  if (plan.vanishes) {
    deeds.emplace_back([this] {
      world_.Tell(name_, " vanishes");
      connection_->Vanish();
      ComeBackAfter(world_.UpTo(seconds(2)));
    });
  }
  if (!deeds.empty()) deeds[world_.random.Below(deeds.size())]();
}

void Client::ComeBackAfter(base::Duration delay) {
  connection_.reset();
  coming_back_ = world_.loop.After(delay, [this] {
    coming_back_ = base::kNoTimer;
    Connect();
  });
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
  world_.loop.Cancel(std::exchange(coming_back_, base::kNoTimer));
  Connect();
}

void Client::OnGone(int code) {
  world_.Tell(name_, "'s connection is gone (", code, ")");
  ComeBackAfter(world_.random.Between(milliseconds(50), milliseconds(500)));
}

std::string Client::Lacks(const Producer& producer) const {
  if (connection_ == nullptr || connection_->IsOver()) return name_ + " is not connected";
  const std::string lack = FirstLack(producer);
  return lack.empty() ? "" : absl::StrCat(name_, " as ", secret_, lack);
}

bool Client::MustHaveHeard(KeyIndex key, base::TimePoint since, const Producer& producer) const {
  return !application_.WasEverDenied(key) &&
         producer.NotifiedSince(key, application_.Present(key).serial, since);
}

}  // namespace entitysync::simulation
