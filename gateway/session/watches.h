#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "gateway/base/content_hash.h"
#include "gateway/base/entity_key.h"
#include "gateway/base/position_index.h"
#include "gateway/base/prefetch.h"
#include "gateway/session/worker_state.h"
#include "gateway/subs/subscriber.h"

namespace entitysync::session {

inline constexpr uint32_t kNoSlot = std::numeric_limits<uint32_t>::max();

// One key that a connection watches, or watched: all that a delivery needs to know, in one place.
struct Watch {
  base::KeyPtr key;                   // Of SharedKeys; null: the slot is free.
  subs::SubscriptionId first_id = 0;  // The first id of the subscription,
  subs::SubscriptionId id = 0;        // and the one under the present credential.
  WorkerStatePtr waiting;             // To be sent.
  base::ContentHash sent_hash;        // Of what was sent last, if anything
  bool was_sent = false;              // was since it is watched.
  bool is_queued = false;   // In the outbox's line, perhaps with nothing waiting any more.
  uint32_t next = kNoSlot;  // The one behind it in the line.
};

// The keys that one connection watches, each with a small number (slot) that stays the same while
// it is watched and is used again afterwards; and the outbox: the states it still has to send, at
// most one per key, the newest.
//
// Purpose: a slow client gets the present state of each key, never a backlog. Keys go out in the
//   order in which they first became dirty.
// Owner and lifetime: a session; not moved.
// Threading: its worker's loop.
// Limits: the session bounds how many keys there are; slots never exceed the most watched at once.
//   64 bytes per slot, and 6 to 12 more where there are many. One state per slot; states are
//   shared.
// Errors: none.
class Watches {
 public:
  // The slot of a key of SharedKeys, if it is watched.
  std::optional<uint32_t> Find(const base::EntityKey* key) const { return positions_.Find(key); }

  // Gives a key that is not watched a slot.
  uint32_t Add(base::KeyPtr key, subs::SubscriptionId id);

  // Frees a slot that is in use: nothing of it is sent any more.
  void Remove(uint32_t slot);

  // How many are in use, and below which number all slots are.
  size_t size() const { return watches_.size() - free_.size(); }
  uint32_t slot_limit() const { return static_cast<uint32_t>(watches_.size()); }

  const Watch& operator[](uint32_t slot) const { return watches_[slot]; }
  void SetId(uint32_t slot, subs::SubscriptionId id) { watches_[slot].id = id; }

  // Queues a state, in place of one that waits. True if one did.
  bool Put(uint32_t slot, const WorkerStatePtr& state);

  // Takes back what waits. True if something did.
  bool Purge(uint32_t slot);

  // Puts a slot in use into the line; nothing if it stands there.
  void Queue(uint32_t slot);

  // The slot at the head of the line, which need not be in use any more; kNoSlot: none.
  uint32_t first() const { return first_; }
  // Takes the first out of the line, and with it what waits, which may be nothing.
  WorkerStatePtr TakeFirst();
  // Takes the first out of the line. What waits goes on to wait.
  void SetFirstAside();

  // What counts as sent last.
  void SetSent(uint32_t slot, const base::ContentHash& hash) {
    watches_[slot].sent_hash = hash;
    watches_[slot].was_sent = true;
  }

  // The next state to send, which counts as sent from now on; null if there is none, or if its
  // WorkerState::SizeFor(deflater) is more than `room` bytes: then it stays where a newer one can
  // replace it, and is not compressed in vain. A state with the content that was sent last for its
  // key is skipped.
  WorkerStatePtr Next(size_t room = std::numeric_limits<size_t>::max(),
                      protocol::Deflater* deflater = nullptr);

  // The slot, which need not be in use, will be wanted soon.
  void Prefetch(uint32_t slot) const { base::Prefetch(watches_.data() + slot, sizeof(Watch)); }

  // Whether nothing stands in line.
  bool IsIdle() const { return first_ == kNoSlot; }

 private:
  struct KeyOf {
    const base::EntityKey* operator()(const Watch& watch) const { return watch.key.get(); }
    bool IsNone(const Watch& watch) const { return watch.key == nullptr; }
  };

  std::vector<Watch> watches_;  // By slot.
  base::PositionIndex<Watch, KeyOf> positions_{watches_};
  std::vector<uint32_t> free_;
  uint32_t first_ = kNoSlot;  // The line: linked through `next`.
  uint32_t last_ = kNoSlot;
};

}  // namespace entitysync::session
