// What a V1Client does with what it is told, and what it lacks.

#include <algorithm>

#include "tests/simulation/v1_client.h"

namespace entitysync::simulation {

void V1Client::OnFrame(std::string_view frame) {
  for (const std::string& message : MessagesOf(frame)) OnEvent(ReadEvent(form_, message));
}

void V1Client::OnEvent(const ServerEvent& event) {
  Watched* watched = nullptr;
  switch (event.event_case()) {
    case ServerEvent::kSubscribed:
      return OnSubscribed(event.ref(), event.subscribed());
    case ServerEvent::kUnsubscribed:
      if (event.has_ref()) return;
      for (const client::v1::Key& key : event.unsubscribed().keys()) OnWithdrawn(key);
      return;
    case ServerEvent::kAuthenticated: {
      // Perhaps this credential may see what another may not.
      Keys keys;
      for (const auto& [key, each] : watched_) {
        if (each.is_withdrawn) keys.push_back(key);
      }
      return SubscribeToAll(keys);
    }
    case ServerEvent::kReconnect:
      return OnReconnect(event.reconnect());
    case ServerEvent::kError:
      // An update may cross a withdrawal.
      if (event.error().code() == "NOT_FOUND") return;
      return world_.Broken(Promise::kProtocol,
                           name_ + " gets an error: " + event.error().message());
    case ServerEvent::kState:
      watched = Heard(event.state().entity(), event.state().id());
      break;
    case ServerEvent::kPatch:
      watched = Heard(event.patch().entity(), event.patch().id());
      break;
    case ServerEvent::kRemoved:
      watched = Heard(event.removed().entity(), event.removed().id());
      break;
    case ServerEvent::kUnchanged:
      Heard(event.unchanged().entity(), event.unchanged().id());
      return;
    case ServerEvent::kStale:
      watched = Heard(event.stale().entity(), event.stale().id());
      if (watched != nullptr) watched->is_stale = true;
      return;
    default:
      return;
  }
  if (watched == nullptr || Apply(event, watched->shown)) return;
  world_.Broken(Promise::kProtocol, name_ + " cannot apply a patch");
}

V1Client::Watched* V1Client::Heard(const std::string& entity, const std::string& id) {
  const auto it = watched_.find(application_.IndexOf({entity, id}));
  if (it == watched_.end() || it->second.ref != 0 || it->second.is_withdrawn) return nullptr;
  it->second.is_awaited = it->second.is_stale = false;
  return &it->second;
}

void V1Client::OnSubscribed(uint32_t ref, const client::v1::Subscribed& subscribed) {
  for (const client::v1::SubscriptionStatus& result : subscribed.results()) {
    const bool is_unknown = result.entity() == kUnknownType;
    if (result.code() != (is_unknown ? "NOT_FOUND" : "OK")) {
      world_.Broken(Promise::kProtocol, name_ + " subscribes and is told: " + result.code());
    }
    if (is_unknown) continue;
    const auto it = watched_.find(application_.IndexOf({result.entity(), result.id()}));
    if (it != watched_.end() && it->second.ref == ref) it->second.ref = 0;
  }
}

void V1Client::OnWithdrawn(const client::v1::Key& key) {
  Watched* watched = Heard(key.entity(), key.id());
  if (watched == nullptr) return;
  world_.Tell(name_, " forgets ", key.entity(), "/", key.id());
  watched->shown.reset();
  watched->is_withdrawn = true;
}

void V1Client::OnReconnect(const client::v1::Reconnect& reconnect) {
  const base::Duration delay =
      world_.random.Between(std::chrono::milliseconds(reconnect.after_ms(0)),
                            std::chrono::milliseconds(reconnect.after_ms(1)));
  world_.loop.After(delay, [this, connection = connection_] {
    if (connection_ != connection) return;
    world_.Tell(name_, " moves to another replica");
    connection_->Leave();
    ComeBackAfter(base::Duration(0));
  });
}

std::string V1Client::FirstLack(const Producer& producer) const {
  for (const auto& [key, watched] : watched_) {
    const std::string lack = LacksOf(key, watched, producer);
    if (lack.empty()) continue;
    return absl::StrCat(lack, " of ", application_.NameOf(key), ", which is #",
                        application_.Present(key).serial, " and shows ", Describe(watched.shown));
  }
  return "";
}

std::string V1Client::LacksOf(KeyIndex key, const Watched& watched,
                              const Producer& producer) const {
  if (watched.ref != 0) return " has no answer to its subscription";
  // Who may see it again asks again when it authenticates or reconnects, not before.
  if (watched.is_withdrawn) {
    return application_.WasDenied(key, secret_) ? "" : " was denied what it may see";
  }
  if (watched.is_stale) return " is left with a stale state";
  const auto since = witness_->WatchedSince(key);
  if (!since.has_value()) return " does not watch yet";
  if (!watched.snapshot && !MustHaveHeard(key, *since, producer)) return "";
  if (application_.IsDenied(key, secret_)) return " was not told to forget its state";
  return ShowsPresent(key, watched) ? "" : " does not have the present state";
}

bool V1Client::ShowsPresent(KeyIndex key, const Watched& watched) const {
  const Fact& fact = application_.Present(key);
  if (watched.is_awaited || !watched.shown.has_value()) return false;
  if (!fact.exists || !watched.shown->rows.has_value()) {
    return fact.exists == watched.shown->rows.has_value();
  }
  return IsSame(*watched.shown->rows, application_.RowsOf(key, secret_, fact.serial));
}

}  // namespace entitysync::simulation
