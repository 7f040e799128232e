#include "tests/simulation/classic_witness.h"

#include <utility>

namespace entitysync::simulation {

void ClassicWitness::OnSubscribe(KeyIndex key) {
  world_.Tell(name_, " watches ", application_.NameOf(key));
  watches_.try_emplace(key, Watch{world_.Now(), {}, {}});
}

void ClassicWitness::OnUnsubscribe(KeyIndex key) {
  world_.Tell(name_, " watches ", application_.NameOf(key), " no more");
  watches_.erase(key);
}

void ClassicWitness::OnSecret(const std::string& secret) {
  world_.Tell(name_, " is ", secret, " now");
  secret_ = secret;
  for (auto& [key, watch] : watches_) {
    watch.last_rows.clear();
    ForgetOrder(key, watch.last);
  }
}

Witness::Sent ClassicWitness::OnSend(std::string_view frame) {
  CheckState(MessagesOf(frame));
  return Sent::kState;
}

void ClassicWitness::CheckState(base::Rows rows) {
  const Row row = ReadRow(rows.front());
  world_.Tell(name_, " is sent ", ForStory(rows.front()));
  if (rows.size() != row.count) Broken(Promise::kNoGap, row, "not all rows of a state");
  const auto watch = watches_.find(row.key);
  if (watch == watches_.end()) return Broken(Promise::kIsolated, row, "sent without subscription");
  CheckSecret(row);
  CheckOrder(row, watch->second.last);
  CheckFreshness(row);
  if (!IsOutOfOrder(row.key) && rows == watch->second.last_rows) {
    Broken(Promise::kFewFetches, row, "sent twice in a row");
  }
  watch->second.last_rows = std::move(rows);
}

std::optional<base::TimePoint> ClassicWitness::WatchedSince(KeyIndex key) const {
  const auto it = watches_.find(key);
  if (it == watches_.end()) return std::nullopt;
  return it->second.since;
}

}  // namespace entitysync::simulation
