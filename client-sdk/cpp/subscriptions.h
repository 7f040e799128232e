#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client-sdk/cpp/entry.h"
#include "client-sdk/cpp/event.h"
#include "client-sdk/cpp/loop.h"
#include "client-sdk/cpp/user_calls.h"
#include "client-sdk/cpp/wire.h"

namespace entitysync::client {

// Everything that is watched.
//
// Purpose: many who watch one entity are one subscription to the gateway. What changes within one
//   task of the executor goes out together when that ends, so what is undone in it costs nothing.
// Owner and lifetime: Core. Threading: the executor.
// Limits: by what the user watches. Errors: shown as the entities' states.
class Subscriptions {
 public:
  Subscriptions(Loop& loop, Wire& wire, UserCalls& user);

  std::shared_ptr<const EntityState> Current(const Key& key) const;

  std::weak_ptr<Watcher> Add(const Key& key, EntityListener listener, WatchOptions options);
  void Remove(const std::weak_ptr<Watcher>& watcher);

  // There is a connection that knows nothing of all this.
  void OnOpened();
  void OnDown();

  // There is another credential: what was denied may be allowed now.
  void RetryDenied();

  // The right to watch was withdrawn.
  void OnWithdrawn(const Event& event);

  // The state of an entity.
  void OnState(Event& event);

  // Says to the gateway what has changed.
  void Flush();

  // Forgets everybody.
  void Clear();

 private:
  using EntryPtr = std::shared_ptr<Entry>;

  void Again(const EntryPtr& entry, Due due);
  void Touch(const EntryPtr& entry);
  void OnTurnEnded();
  void Unsubscribe(const std::vector<EntryPtr>& entries);
  void Subscribe(const std::vector<EntryPtr>& entries);
  void Update(Entry& entry);
  void OnSubscribed(const Event& event, const std::vector<EntryPtr>& entries, uint32_t ref);
  std::vector<EntryPtr> TakeRoom(size_t room);
  EntryPtr Find(const Key& key) const;

  Loop& loop_;
  Wire& wire_;
  UserCalls& user_;
  absl::flat_hash_map<std::string, EntryPtr> entries_;
  std::vector<EntryPtr> dirty_;
  std::vector<EntryPtr> crowded_out_;  // Those for which the gateway had no room, in order.
  std::vector<std::shared_ptr<Watcher>> newcomers_;
  uint64_t numbers_ = 0;
  bool turn_ends_ = false;
};

}  // namespace entitysync::client
