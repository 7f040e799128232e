#include "tests/simulation/v1_client.h"

#include <iterator>
#include <utility>

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;

}  // namespace

V1Client::V1Client(World& world, Application& application, Directory& directory, size_t index)
    : Client(world, application, directory, index),
      form_(world.Chance(50) ? protocol::V1Form::kJson : protocol::V1Form::kProto) {
  while (watched_.size() < world.plan.watches) {
    watched_[world.random.Below(application.keys())];
  }
}

std::unique_ptr<Witness> V1Client::MakeWitness(const Source& source, const std::string& name) {
  auto witness =
      std::make_unique<V1Witness>(world_, application_, source, name, handshake_secret_, form_);
  witness_ = witness.get();
  return witness;
}

void V1Client::Connect() {
  const bool in_handshake = world_.Chance(50);
  handshake_secret_ = in_handshake ? secret_ : "";
  connection_ = directory_.Connect(*this, name_, {.secret = handshake_secret_, .v1 = form_});
  if (connection_ == nullptr) return ComeBackAfter(milliseconds(200));
  world_.Tell(name_, " connects as ", secret_);
  if (!in_handshake) Authenticate();
  Keys keys;
  for (const auto& [key, watched] : watched_) keys.push_back(key);
  SubscribeToAll(keys);
}

void V1Client::SubscribeToAll(const Keys& keys) {
  if (keys.empty()) return;
  if (world_.Chance(70)) return Subscribe(keys);
  for (const KeyIndex key : keys) Subscribe({key});
}

void V1Client::Subscribe(const Keys& keys) {
  const uint32_t ref = ++last_ref_;
  ClientMessage message;
  std::vector<V1Asked> asked;
  if (world_.Chance(10)) AddUnknown(*message.mutable_subscribe());
  for (const KeyIndex key : keys) {
    asked.push_back(Ask(key));
    watched_[key].ref = ref;
    client::v1::Subscription& subscription = *message.mutable_subscribe()->add_subscriptions();
    subscription.set_entity(application_.KeyOf(key).entity);
    subscription.set_id(application_.KeyOf(key).id);
    if (asked.back().known.has_value()) subscription.set_known(asked.back().known->version);
    if (!asked.back().snapshot) subscription.set_snapshot(false);
    subscription.set_patches(asked.back().patches);
    if (asked.back().max_rate > 0) subscription.set_max_rate(asked.back().max_rate);
  }
  if (world_.Chance(10)) AddUnknown(*message.mutable_subscribe());
  Say(std::move(message), ref,
      [witness = witness_, ref, asked = std::move(asked)] { witness->OnSubscribe(ref, asked); });
}

// What the gateway does not serve does no harm to the rest.
void V1Client::AddUnknown(client::v1::Subscribe& message) {
  client::v1::Subscription& subscription = *message.add_subscriptions();
  subscription.set_entity(kUnknownType);
  subscription.set_id("1");
}

V1Asked V1Client::Ask(KeyIndex key) {
  Watched& watched = watched_[key];
  watched.is_withdrawn = watched.is_stale = false;
  watched.is_awaited = true;
  V1Asked asked{.key = key, .known = watched.shown};
  if (world_.Chance(10)) asked.known.reset();
  if (world_.Chance(10)) asked.snapshot = false;
  // Without either, what it shows would be anything.
  if (!asked.snapshot) asked.known = watched.shown = std::nullopt;
  watched.snapshot = asked.snapshot;
  asked.patches = world_.Chance(60);
  asked.max_rate = AnyRate();
  return asked;
}

double V1Client::AnyRate() {
  static constexpr double kRates[] = {1, 2, 5, 20};
  return world_.Chance(60) ? 0 : kRates[world_.random.Below(std::size(kRates))];
}

void V1Client::AddDeeds(Deeds& deeds) {
  if (world_.plan.secret_changes) deeds.emplace_back([this] { SwitchSecret(); });
  if (world_.plan.unsubscribes) {
    deeds.emplace_back([this] { ToggleWatch(); });
    deeds.emplace_back([this] { WatchAnew(); });
  }
  deeds.emplace_back([this] { Update(); });
  deeds.emplace_back([this] { Ping(); });
}

void V1Client::Authenticate() {
  ClientMessage message;
  message.mutable_authenticate()->set_secret(secret_);
  Say(std::move(message), ++last_ref_,
      [witness = witness_, secret = secret_] { witness->OnAuthenticate(secret); });
}

void V1Client::SwitchSecret() {
  secret_ = SecretName(world_.random.Below(world_.plan.secrets));
  world_.Tell(name_, " presents ", secret_);
  Authenticate();
}

void V1Client::ToggleWatch() {
  const KeyIndex key = world_.random.Below(application_.keys());
  if (watched_.contains(key)) return Unsubscribe(key);
  world_.Tell(name_, " subscribes to ", application_.NameOf(key));
  Subscribe({key});
}

void V1Client::Unsubscribe(KeyIndex key) {
  world_.Tell(name_, " unsubscribes from ", application_.NameOf(key));
  watched_.erase(key);
  ClientMessage message;
  client::v1::Key& named = *message.mutable_unsubscribe()->add_keys();
  named.set_entity(application_.KeyOf(key).entity);
  named.set_id(application_.KeyOf(key).id);
  Say(std::move(message), ++last_ref_, [witness = witness_, key] { witness->OnUnsubscribe(key); });
}

void V1Client::WatchAnew() {
  const std::optional<KeyIndex> key = AnyWatched();
  if (!key.has_value()) return;
  world_.Tell(name_, " watches ", application_.NameOf(*key), " anew");
  // At times named twice: the last one counts.
  Subscribe(world_.Chance(20) ? Keys{*key, *key} : Keys{*key});
}

void V1Client::Update() {
  const std::optional<KeyIndex> key = AnyWatched();
  if (!key.has_value()) return;
  ClientMessage message;
  client::v1::Update& update = *message.mutable_update();
  update.set_entity(application_.KeyOf(*key).entity);
  update.set_id(application_.KeyOf(*key).id);
  std::optional<double> max_rate;
  std::optional<bool> patches;
  if (world_.Chance(60)) update.set_max_rate(max_rate.emplace(AnyRate()));
  if (world_.Chance(60)) update.set_patches(patches.emplace(world_.Chance(60)));
  Say(std::move(message), ++last_ref_, [witness = witness_, key = *key, max_rate, patches] {
    witness->OnUpdate(key, max_rate, patches);
  });
}

void V1Client::Ping() {
  ClientMessage message;
  message.mutable_ping();
  Say(std::move(message), ++last_ref_, [] {});
}

std::optional<KeyIndex> V1Client::AnyWatched() {
  if (watched_.empty()) return std::nullopt;
  const auto place = static_cast<std::ptrdiff_t>(world_.random.Below(watched_.size()));
  return std::next(watched_.begin(), place)->first;
}

void V1Client::Say(ClientMessage message, uint32_t ref, std::function<void()> before) {
  message.set_ref(ref);
  connection_->Say(WriteMessage(form_, message), form_ == protocol::V1Form::kProto,
                   std::move(before));
}

}  // namespace entitysync::simulation
