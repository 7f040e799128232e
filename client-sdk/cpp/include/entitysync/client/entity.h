#pragma once

#include <functional>
#include <memory>

#include "entitysync/client/state.h"

namespace entitysync::client {

class Core;
struct Watcher;

// Gets each new state of an entity. May throw: that is reported as an error and hinders nobody
// else.
using EntityListener = std::function<void(const EntityState&)>;

// How an entity is watched.
struct WatchOptions {
  // At most so many states per second; the last one always comes. Of several who watch the same
  // entity the one who wants most is served. 0: no limit.
  double max_rate = 0;

  // False: nothing before the next change.
  bool snapshot = true;
};

// Somebody watches.
//
// Purpose: a listener is called as long as this lives.
// Owner and lifetime: the user's. It may outlive its client, and may end inside its own listener.
// Threading: the client's executor only, the destructor too.
// Limits: none of its own; many of one entity are one subscription at the gateway.
// Errors: none.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  ~Subscription() { Reset(); }
  Subscription(Subscription&& other) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept;

  // Ends it: the listener is not called again.
  void Reset();

 private:
  friend class EntityHandle;
  Subscription(std::weak_ptr<Core> core, std::weak_ptr<Watcher> watcher);

  std::weak_ptr<Core> core_;
  std::weak_ptr<Watcher> watcher_;
};

// One entity of a client, to be watched.
//
// Purpose: see Subscribe. Costs nothing by itself: get one from Client::Entity wherever it is
//   needed.
// Owner and lifetime: the user's. It may outlive its client; then nothing comes of it.
// Threading: the client's executor only.
// Limits: none of its own.
// Errors: a key that cannot be is told by the entity's state (kError).
class EntityHandle {
 public:
  const Key& key() const { return key_; }

  // What is known now. Known is only what somebody watches; else it is kLoading.
  std::shared_ptr<const EntityState> Current() const;

  // Watches: the listener gets each new state, and what is known already when the present task of
  // the executor has ended; never before Subscribe returns.
  Subscription Subscribe(EntityListener listener, WatchOptions options = {});

 private:
  friend class Client;
  EntityHandle(std::weak_ptr<Core> core, Key key);

  std::weak_ptr<Core> core_;
  Key key_;
};

}  // namespace entitysync::client
