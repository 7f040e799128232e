#include "tests/simulation/witness.h"

#include <algorithm>
#include <utility>

namespace entitysync::simulation {

Witness::Witness(World& world, const Application& application, const Source& source,
                 std::string name, std::string secret)
    : world_(world),
      application_(application),
      source_(source),
      name_(std::move(name)),
      secret_(std::move(secret)) {}

void Witness::OnSubscribe(KeyIndex key) {
  world_.Tell(name_, " watches ", application_.NameOf(key));
  watches_.try_emplace(key, Watch{world_.Now(), 0, {}, {}});
}

void Witness::OnUnsubscribe(KeyIndex key) {
  world_.Tell(name_, " watches ", application_.NameOf(key), " no more");
  watches_.erase(key);
}

void Witness::OnSecret(const std::string& secret) {
  world_.Tell(name_, " is ", secret, " now");
  secret_ = secret;
  for (auto& [key, watch] : watches_) {
    watch.last_rows.clear();
    // Without versions nothing orders what two secrets see.
    if (!application_.IsVersioned(key)) watch.last_serial = 0;
  }
}

void Witness::OnSend(std::string_view frame) {
  base::Rows rows = MessagesOf(frame);
  const Row row = ReadRow(rows.front());
  world_.Tell(name_, " is sent ", rows.front());
  if (rows.size() != row.count) Broken(Promise::kNoGap, row, "not all rows of a state");
  const auto watch = watches_.find(row.key);
  if (watch == watches_.end()) return Broken(Promise::kIsolated, row, "sent without subscription");
  CheckSecret(row);
  CheckOrder(row, watch->second);
  CheckFreshness(row);
  const bool may_repeat = application_.Lags(row.key) || application_.NumbersRestarted(row.key);
  if (!may_repeat && rows == watch->second.last_rows) {
    Broken(Promise::kFewFetches, row, "sent twice in a row");
  }
  watch->second.last_rows = std::move(rows);
}

void Witness::CheckSecret(const Row& row) {
  if (row.secret != "*" && row.secret != secret_) {
    Broken(Promise::kIsolated, row, "sent to " + secret_);
  }
}

void Witness::CheckOrder(const Row& row, Watch& watch) {
  // Where the application's numbers started again, or may have because the entity was away, nothing
  // orders the states before and after.
  const bool in_order =
      !application_.NumbersRestarted(row.key) && source_.LastRemoved(row.key) < watch.last_sent;
  if (in_order && row.serial < watch.last_serial) {
    Broken(Promise::kNoRegress, row, absl::StrCat("sent after #", watch.last_serial));
  }
  watch.last_serial = row.serial;
  watch.last_sent = world_.Now();
}

void Witness::CheckFreshness(const Row& row) {
  if (application_.Lags(row.key) || application_.NumbersRestarted(row.key)) return;
  const uint64_t newest = source_.NewestAnswered(row.key, secret_);
  if (row.serial < newest) {
    Broken(Promise::kBounded, row, absl::StrCat("sent although #", newest, " had come"));
  }
}

std::optional<base::TimePoint> Witness::WatchedSince(KeyIndex key) const {
  const auto it = watches_.find(key);
  if (it == watches_.end()) return std::nullopt;
  return it->second.since;
}

void Witness::Broken(Promise promise, const Row& row, const std::string& what) {
  world_.Broken(promise, absl::StrCat(name_, ": ", application_.NameOf(row.key), " of ", row.secret,
                                      " #", row.serial, ": ", what));
}

}  // namespace entitysync::simulation
