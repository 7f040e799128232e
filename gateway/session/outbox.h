#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "gateway/hub/state.h"

namespace entitysync::session {

// The states a connection still has to send: at most one per watched key, the newest.
//
// Purpose: a slow client gets the present state of each key, never a backlog. Keys go out in the
//   order in which they first became dirty.
// Owner and lifetime: a session. Threading: none; its worker's loop.
// Limits: one state per slot; states are shared, so a waiting one costs a pointer.
class Outbox {
 public:
  // Queues a state for the key in `slot`, in place of one that waits there. True if one did.
  bool Put(uint32_t slot, hub::StatePtr state);

  // Takes back what waits for `slot`. True if something did.
  bool Purge(uint32_t slot);

  // The slot's subscription ended: what was sent for it counts no more.
  void Reset(uint32_t slot);

  // The next state to send, which counts as sent from now on; null if there is none, or if it has
  // more than `room` bytes: then it stays where a newer one can replace it. A state with the
  // content that was sent last for its key is skipped.
  hub::StatePtr Next(size_t room = std::numeric_limits<size_t>::max());

  // How many slots stand in line; never more than there are slots.
  size_t queued() const { return order_.size(); }

 private:
  struct Slot {
    hub::StatePtr waiting;
    base::ContentHash sent_hash;
    bool was_sent = false;
    bool is_queued = false;  // In order_, perhaps with nothing waiting any more.
  };

  Slot& At(uint32_t slot);

  std::vector<Slot> slots_;
  std::deque<uint32_t> order_;
};

}  // namespace entitysync::session
