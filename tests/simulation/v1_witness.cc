#include "tests/simulation/v1_witness.h"

#include <algorithm>
#include <utility>

#include "gateway/protocol/v1_state.h"
#include "gateway/protocol/v1_version.h"

namespace entitysync::simulation {
namespace {

// What is lost where a rate becomes a span of time.
constexpr base::Duration kRounding = std::chrono::microseconds(1);

base::ContentHash HashOf(const std::string& version) {
  const auto read = protocol::ReadVersion(version);
  return read.has_value() ? read->hash : base::ContentHash{1, 1};
}

// The key that a state or notice is about.
base::EntityKey KeyOf(const ServerEvent& event) {
  const auto key = [](const auto& body) { return base::EntityKey{body.entity(), body.id()}; };
  switch (event.event_case()) {
    case ServerEvent::kState:
      return key(event.state());
    case ServerEvent::kPatch:
      return key(event.patch());
    case ServerEvent::kRemoved:
      return key(event.removed());
    case ServerEvent::kUnchanged:
      return key(event.unchanged());
    default:
      return key(event.stale());
  }
}

bool IsAboutKey(const ServerEvent& event) {
  switch (event.event_case()) {
    case ServerEvent::kState:
    case ServerEvent::kPatch:
    case ServerEvent::kRemoved:
    case ServerEvent::kUnchanged:
    case ServerEvent::kStale:
      return true;
    default:
      return false;
  }
}

}  // namespace

void V1Witness::OnSubscribe(uint32_t ref, const std::vector<V1Asked>& asked) {
  for (const V1Asked& each : asked) {
    world_.Tell(name_, " watches ", application_.NameOf(each.key), ", has ", Describe(each.known));
    watches_[each.key] = {.since = world_.Now(),
                          .ref = ref,
                          .patches = each.patches,
                          .max_rate = InForce(each.max_rate),
                          .max_rate_at_first = InForce(each.max_rate),
                          .last_paced = {},
                          .has = each.known,
                          .last = {}};
  }
}

void V1Witness::OnUnsubscribe(KeyIndex key) {
  world_.Tell(name_, " watches ", application_.NameOf(key), " no more");
  watches_.erase(key);
}

void V1Witness::OnUpdate(KeyIndex key, std::optional<double> max_rate,
                         std::optional<bool> patches) {
  const auto it = watches_.find(key);
  if (it == watches_.end()) return;
  Watch& watch = it->second;
  watch.patches = patches.value_or(watch.patches);
  if (!max_rate.has_value()) return;
  watch.max_rate = InForce(*max_rate);
  if (watch.max_rate == 0) watch.last_paced.reset();
}

void V1Witness::OnAuthenticate(const std::string& secret) {
  world_.Tell(name_, " is ", secret, " now");
  if (secret == secret_) return;
  secret_ = secret;
  secret_since_ = world_.Now();
  for (auto& [key, watch] : watches_) ForgetOrder(key, watch.last);
}

double V1Witness::InForce(double max_rate) const {
  const double most = world_.plan.max_state_rate;
  if (most == 0) return max_rate;
  return max_rate > 0 ? std::min(max_rate, most) : most;
}

Witness::Sent V1Witness::OnSend(std::string_view frame) {
  const base::Rows messages = MessagesOf(frame);
  const ServerEvent event = ReadEvent(form_, messages.front());
  if (messages.size() != 1 || event.event_case() == ServerEvent::EVENT_NOT_SET) {
    world_.Broken(Promise::kProtocol, name_ + ": a frame that is not one event");
    return Sent::kAnswer;
  }
  OnEvent(event);
  return IsAboutKey(event) && !event.has_stale() ? Sent::kState : Sent::kAnswer;
}

void V1Witness::OnEvent(const ServerEvent& event) {
  if (std::exchange(is_welcome_, true) == event.has_welcome()) {
    world_.Broken(Promise::kProtocol, name_ + ": welcome is not the first event, or not the only");
  }
  if (event.has_subscribed()) return OnSubscribed(event);
  if (event.has_unsubscribed() && !event.has_ref()) {
    for (const client::v1::Key& key : event.unsubscribed().keys()) {
      OnWithdrawn(application_.IndexOf({key.entity(), key.id()}));
    }
    return;
  }
  if (!IsAboutKey(event)) return world_.Tell(name_, " is sent ", NameOf(event));
  const KeyIndex key = application_.IndexOf(KeyOf(event));
  Watch* watch = WatchFor(key, event);
  if (watch == nullptr) return;
  if (event.has_unchanged()) return OnUnchanged(key, *watch, event.unchanged().version());
  if (!event.has_stale()) return OnState(key, *watch, event);
  world_.Tell(name_, " is told that ", application_.NameOf(key), " is stale");
  watch->is_stale = true;
}

V1Witness::Watch* V1Witness::WatchFor(KeyIndex key, const ServerEvent& event) {
  const auto it = watches_.find(key);
  if (it == watches_.end()) {
    world_.Broken(Promise::kIsolated, absl::StrCat(name_, ": ", NameOf(event), " of ",
                                                   application_.NameOf(key), ", not watched"));
    return nullptr;
  }
  if (it->second.ref != 0) BrokenOf(key, NameOf(event) + " comes before subscribed");
  return &it->second;
}

void V1Witness::OnSubscribed(const ServerEvent& event) {
  world_.Tell(name_, " is subscribed");
  std::map<KeyIndex, double> rates;  // Where a key was named twice, the last.
  for (const client::v1::SubscriptionStatus& result : event.subscribed().results()) {
    if (result.code() == "OK") {
      rates[application_.IndexOf({result.entity(), result.id()})] = result.max_rate();
    }
  }
  for (auto& [key, watch] : watches_) {
    if (watch.ref != event.ref()) continue;
    watch.ref = 0;
    if (!rates.contains(key) || rates[key] != watch.max_rate_at_first) {
      BrokenOf(key, "subscribed without it, or at another rate");
    }
  }
}

void V1Witness::OnWithdrawn(KeyIndex key) {
  world_.Tell(name_, " is told that it may not see ", application_.NameOf(key));
  const auto it = watches_.find(key);
  if (it == watches_.end()) return BrokenOf(key, "withdrawn, but not watched");
  const base::TimePoint since = std::max(it->second.since, secret_since_);
  if (!source_.MayBeDenied(key, secret_, since)) {
    BrokenOf(key, "withdrawn, but not denied to " + secret_);
  }
  if (it->second.ref != 0) BrokenOf(key, "withdrawn before subscribed");
  watches_.erase(it);
}

void V1Witness::OnState(KeyIndex key, Watch& watch, const ServerEvent& event) {
  if (event.has_patch()) CheckPatch(key, watch, event.patch());
  const std::optional<V1Shown> had = watch.has;
  if (!Apply(event, watch.has)) return BrokenOf(key, "a patch that cannot be applied");
  world_.Tell(name_, " is sent ", application_.NameOf(key), " (", NameOf(event),
              "): ", Describe(watch.has));
  if (had.has_value() && HashOf(had->version) == HashOf(watch.has->version)) {
    BrokenOf(key, "sent although it has it");
  }
  CheckPace(key, watch);
  CheckTrue(key, watch);
}

void V1Witness::CheckPatch(KeyIndex key, const Watch& watch, const client::v1::Patch& patch) {
  if (!watch.patches) BrokenOf(key, "a patch that was not asked for");
  if (!watch.is_base || watch.has->version != patch.base()) {
    BrokenOf(key, "a patch whose base is not what was sent last");
  }
}

void V1Witness::OnUnchanged(KeyIndex key, Watch& watch, const std::string& version) {
  world_.Tell(name_, " is told that ", application_.NameOf(key),
              " is unchanged: ", Describe(watch.has));
  if (!watch.has.has_value() || watch.has->version != version) {
    return BrokenOf(key, "unchanged, but of another version than it has");
  }
  if (watch.is_base && !watch.is_stale) BrokenOf(key, "unchanged, without need");
  CheckTrue(key, watch);
}

void V1Witness::CheckPace(KeyIndex key, Watch& watch) {
  if (watch.max_rate == 0) return;
  const base::TimePoint now = world_.Now();
  const auto spacing =
      std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(1 / watch.max_rate));
  if (watch.last_paced.has_value() && now - *watch.last_paced + kRounding < spacing) {
    BrokenOf(key, absl::StrCat("more than ", watch.max_rate, " states per second"));
  }
  watch.last_paced = now;
}

void V1Witness::CheckTrue(KeyIndex key, Watch& watch) {
  watch.is_base = true;
  watch.is_stale = false;
  const V1Shown& shown = *watch.has;
  if (!shown.rows.has_value()) return CheckRemoved(key, shown);
  if (shown.rows->empty()) return BrokenOf(key, "a state without rows");
  const Row row = FirstRow(shown);
  if (row.key != key) return BrokenOf(key, "the rows of another key");
  CheckSecret(row);
  CheckOrder(row, watch.last);
  CheckFreshness(row);
  CheckRows(row, shown);
  if (!source_.WasAnswered(key, secret_, row.serial)) {
    Broken(Promise::kIsolated, row, "never answered to " + secret_);
  }
  if (!IsOutOfOrder(key) && row.serial < source_.NewestSerial(key, secret_)) {
    Broken(Promise::kBounded, row, "sent although its removal had come");
  }
}

void V1Witness::CheckRows(const Row& row, const V1Shown& shown) {
  const base::Rows rows = application_.RowsOf(row.key, row.secret, row.serial);
  if (!IsSame(*shown.rows, rows)) Broken(Promise::kNoGap, row, "not the rows of its version");
  const auto version = protocol::ReadVersion(shown.version);
  std::optional<uint64_t> number;
  if (application_.IsVersioned(row.key)) number = application_.VersionOf(row.key, row.serial);
  const protocol::StateVersion wanted{.number = number, .hash = base::HashRows(rows)};
  if (version != wanted) Broken(Promise::kProtocol, row, "has version " + shown.version);
}

void V1Witness::CheckRemoved(KeyIndex key, const V1Shown& shown) {
  if (HashOf(shown.version) != protocol::kRemovedHash) BrokenOf(key, "removed has another version");
  const uint64_t removal = source_.NewestRemoval(key, secret_);
  if (removal == 0) return BrokenOf(key, "removed, but nobody said so");
  if (!IsOutOfOrder(key) && removal < source_.NewestSerial(key, secret_)) {
    BrokenOf(key, "removed, although a later state had come");
  }
}

std::optional<base::TimePoint> V1Witness::WatchedSince(KeyIndex key) const {
  const auto it = watches_.find(key);
  if (it == watches_.end()) return std::nullopt;
  return it->second.since;
}

void V1Witness::BrokenOf(KeyIndex key, const std::string& what) {
  world_.Broken(Promise::kProtocol,
                absl::StrCat(name_, ": ", application_.NameOf(key), ": ", what));
}

}  // namespace entitysync::simulation
