#pragma once

#include <cstdint>

#include "gateway/base/executor.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/token_bucket.h"

namespace entitysync::session {

// Paces how fast the sessions of one worker subscribe, all together.
//
// Purpose: when very many clients come back at once, their subscriptions reach the hub at a rate it
//   can serve, and each client waits its turn. Nothing is refused and nothing is lost: a message
//   that was read is handled, on credit if need be, and a session that finds tokens owed, or others
//   in line, reads no further until it is called, first come first served. Called sessions read one
//   message each while others wait, so a client with few keys is not kept waiting by one with many.
// Owner and lifetime: the SessionTable. Destroy it on the loop, or after the loop has stopped;
//   waiters that are left are forgotten.
// Threading: the worker's loop.
// Limits: a rate of 0 lets everything through. Credit is bounded by what one message of each
//   session can ask for. One timer while somebody waits, none otherwise.
// Errors: none.
class SubscribeThrottle {
 public:
  // Something that can stand in line. Leaves it by itself when destroyed.
  class Waiter : public base::ListHook<SubscribeThrottle> {
   public:
    // Its turn has come; it stands in line no more.
    virtual void OnTurn() = 0;

   protected:
    ~Waiter() = default;
  };

  SubscribeThrottle(base::Executor& executor, uint32_t per_second, uint32_t burst);
  ~SubscribeThrottle();
  SubscribeThrottle(const SubscribeThrottle&) = delete;
  SubscribeThrottle& operator=(const SubscribeThrottle&) = delete;

  // Takes the tokens of `subscriptions`. False: some are owed or others wait, and whoever asked
  // should Wait.
  bool Take(uint32_t subscriptions);

  // Puts `waiter` at the end of the line; one that stands in it keeps its place.
  void Wait(Waiter& waiter);

  // Takes `waiter` out of the line; nothing if it is not in it.
  void Leave(Waiter& waiter) { waiter.Unlink(); }

 private:
  void Arm();
  void CallNext();

  base::Executor& executor_;
  base::TokenBucket tokens_;
  base::IntrusiveList<Waiter, SubscribeThrottle> line_;
  base::TimerId timer_ = base::kNoTimer;
};

}  // namespace entitysync::session
