#include "tests/simulation/classic_client.h"

namespace entitysync::simulation {
namespace {

std::string Message(const std::string& action, const base::EntityKey& key) {
  return absl::StrCat(R"({"action":")", action, R"(","body":{"entity":")", key.entity,
                      R"(","id":")", key.id, R"("}})");
}

}  // namespace

ClassicClient::ClassicClient(World& world, Application& application, Directory& directory,
                             size_t index)
    : Client(world, application, directory, index) {
  while (watched_.size() < world.plan.watches) {
    watched_.insert(world.random.Below(application.keys()));
  }
}

std::unique_ptr<Witness> ClassicClient::MakeWitness(const Source& source, const std::string& name) {
  auto witness = std::make_unique<ClassicWitness>(world_, application_, source, name, secret_);
  witness_ = witness.get();
  return witness;
}

void ClassicClient::Connect() {
  shown_.clear();
  connection_ = directory_.Connect(*this, name_, {.secret = secret_});
  if (connection_ == nullptr) return ComeBackAfter(std::chrono::milliseconds(200));
  world_.Tell(name_, " connects as ", secret_);
  for (const KeyIndex key : watched_) Subscribe(key);
}

void ClassicClient::AddDeeds(Deeds& deeds) {
  if (world_.plan.secret_changes) deeds.emplace_back([this] { SwitchSecret(); });
  if (world_.plan.unsubscribes) deeds.emplace_back([this] { ToggleWatch(); });
}

void ClassicClient::Subscribe(KeyIndex key) {
  connection_->Say(Message("subscribe", application_.KeyOf(key)), false,
                   [witness = witness_, key] { witness->OnSubscribe(key); });
}

void ClassicClient::SwitchSecret() {
  secret_ = SecretName(world_.random.Below(world_.plan.secrets));
  world_.Tell(name_, " presents ", secret_);
  connection_->Say(R"({"action":"secret","body":")" + secret_ + "\"}", false,
                   [witness = witness_, secret = secret_] { witness->OnSecret(secret); });
}

void ClassicClient::ToggleWatch() {
  const KeyIndex key = world_.random.Below(application_.keys());
  if (watched_.erase(key) > 0) {
    world_.Tell(name_, " unsubscribes from ", application_.NameOf(key));
    shown_.erase(key);
    return connection_->Say(Message("unsubscribe", application_.KeyOf(key)), false,
                            [witness = witness_, key] { witness->OnUnsubscribe(key); });
  }
  world_.Tell(name_, " subscribes to ", application_.NameOf(key));
  watched_.insert(key);
  Subscribe(key);
}

void ClassicClient::OnFrame(std::string_view frame) {
  base::Rows rows = MessagesOf(frame);
  const KeyIndex key = ReadRow(rows.front()).key;
  if (watched_.contains(key)) shown_[key] = std::move(rows);
}

std::string ClassicClient::FirstLack(const Producer& producer) const {
  for (const KeyIndex key : watched_) {
    const auto since = witness_->WatchedSince(key);
    std::string lack = since.has_value() ? LacksOf(key, *since, producer) : " does not watch yet";
    if (!lack.empty()) return lack;
  }
  return "";
}

std::string ClassicClient::LacksOf(KeyIndex key, base::TimePoint since,
                                   const Producer& producer) const {
  const Fact& fact = application_.Present(key);
  // Classic says nothing of what is removed or denied.
  if (!fact.exists || application_.IsDenied(key, secret_)) return "";
  const auto shown = shown_.find(key);
  const std::string has = shown == shown_.end() ? "nothing" : ForStory(shown->second.front());
  const auto lack = [&] {
    return absl::StrCat(" shows ", has, " of ", application_.NameOf(key), ", which is #",
                        fact.serial);
  };
  if (Application::HasSnapshot(application_.KeyOf(key))) {
    const base::Rows wanted = application_.RowsOf(key, secret_, fact.serial);
    return shown != shown_.end() && shown->second == wanted ? "" : lack();
  }
  if (!MustHaveHeard(key, since, producer)) return "";
  return shown != shown_.end() && ReadRow(shown->second.front()).serial == fact.serial ? ""
                                                                                       : lack();
}

}  // namespace entitysync::simulation
