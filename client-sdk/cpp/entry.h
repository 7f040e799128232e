#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client-sdk/cpp/event.h"
#include "client-sdk/cpp/json_tree.h"
#include "client-sdk/cpp/user_calls.h"
#include "entitysync/client/entity.h"

namespace entitysync::client {

class Entry;

// One who watches.
struct Watcher {
  EntityListener listener;
  WatchOptions options;
  std::weak_ptr<Entry> entry;
  std::shared_ptr<const EntityState> told;  // The newest that it knows.
  bool ended = false;
};

// What must not be built upon when the gateway is asked (again).
enum class Due {
  kNo,
  kResume,  // Name what is known.
  kFull,    // Do not.
};

// How the gateway was asked to watch.
struct Asked {
  double max_rate = 0;
  bool silent = false;  // Nothing before the next change.
};

// One entity that somebody watches: what is known of it, and how the gateway was asked for it.
//
// Owner and lifetime: Subscriptions. A listener may do anything meanwhile, so whoever calls
//   what may tell listeners keeps it alive.
// Threading: the executor. Limits: one state, and from the first patch on its tree.
// Errors: shown as states.
class Entry {
 public:
  Entry(Key key, uint64_t number, UserCalls& user);

  const Key& key() const { return key_; }
  uint64_t number() const { return number_; }  // Rises with each new entry.
  const std::shared_ptr<const EntityState>& state() const { return state_; }

  void Add(std::shared_ptr<Watcher> watcher) { watchers_.push_back(std::move(watcher)); }
  void Remove(const Watcher* watcher);
  void RemoveAll();
  bool IsWatched() const { return !watchers_.empty(); }

  // The highest rate that one of those who watch wants. 0: no limit.
  double WantedRate() const;
  bool IsSnapshotWanted() const;

  // What to ask the gateway for.
  std::string Body() const;
  void OnAsked(uint32_t ref);

  // The gateway does not watch it (any more).
  void OnLost();

  // Takes what the gateway says. False: it does not fit to what is known.
  bool Take(Event& event);

  // It cannot be watched: kDenied or kError.
  void Refuse(EntityStatus status, const absl::Status& why);

  // What was seen must not be seen any more, and nothing else is known.
  void Forget();

  // Tells one of those who watch, if it does not know already.
  void Tell(Watcher& watcher);

  // Subscriptions' own notes.
  bool subscribed = false;  // On this connection.
  Asked asked;              // How, if so.
  uint32_t ref = 0;         // Number of the message that asked, until it is answered; else 0.
  Due due = Due::kResume;
  bool dirty = false;

 private:
  void Drop();
  bool Patch(const Event& event);
  void TakeRows(std::vector<Row> rows);
  void Show(EntityStatus status, absl::Status error = absl::OkStatus());

  const Key key_;
  const uint64_t number_;
  UserCalls& user_;
  std::vector<std::shared_ptr<Watcher>> watchers_;
  std::shared_ptr<const EntityState> state_;
  std::optional<std::vector<Row>> rows_;
  std::string version_;
  JsonPtr tree_;  // Of the rows, since the first patch.
  bool changed_ = false;
  bool ever_asked_ = false;
};

}  // namespace entitysync::client
