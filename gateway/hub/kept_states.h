#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "gateway/base/executor.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/timer_wheel.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/hub/state.h"
#include "gateway/metrics/metrics.h"

namespace entitysync::hub {

// The settled states of pairs that nobody watches any more, for a while.
//
// Purpose: who leaves and comes back under the same secret (a reload, a reconnect) costs the
//   application no fetch. Whatever may have changed a state drops it, and nothing is fetched for
//   it; so what is here is as good as a watched state.
// Owner and lifetime: a shard. Threading: its loop.
// Limits: `max_bytes`, keys, secrets, frames and bookkeeping included; the oldest go first. Each
//   state goes after the time it was put here with. One timer for all.
// Errors: none; what does not fit is not kept.
class KeptStates {
 public:
  KeptStates(base::Executor& executor, size_t max_bytes, metrics::HubMetrics& metrics);
  ~KeptStates();

  struct Kept {
    StatePtr state;
    uint64_t floor = 0;       // The pair's, to go on with.
    base::TimePoint until{};  // Told by Take: for how long it would have been kept.
  };

  // Keeps the state of a pair that nobody watches any more for `keep`.
  void Put(const base::KeyPtr& key, const fetch::Secret& secret, Kept kept, base::Duration keep);

  // Takes out what is kept of a pair, which is watched again.
  std::optional<Kept> Take(const base::EntityKey& key, const std::string& secret);

  // A key changed: forgets it in all scopes.
  void Drop(const base::EntityKey& key);

  // Anything may have changed.
  void DropAll();

  size_t size() const { return size_; }
  size_t bytes() const { return bytes_; }

 private:
  class Entry;
  // By secret; the views point into the entries.
  using Scopes = absl::flat_hash_map<absl::string_view, std::unique_ptr<Entry>>;

  void Erase(Entry& entry);
  void Account(int entries, int64_t bytes);

  base::Executor& executor_;
  const size_t max_bytes_;
  metrics::HubMetrics& metrics_;
  base::TimerWheel wheel_;
  absl::flat_hash_map<base::KeyPtr, Scopes, base::KeyPtrHash, base::KeyPtrEqual> keys_;
  base::IntrusiveList<Entry, KeptStates> by_age_;  // Oldest first.
  size_t size_ = 0;
  size_t bytes_ = 0;
};

}  // namespace entitysync::hub
