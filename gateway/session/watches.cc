#include "gateway/session/watches.h"

#include <cassert>
#include <utility>

namespace entitysync::session {

static_assert(sizeof(Watch) == 64, "what a connection holds for each key it watches");

uint32_t Watches::Add(base::KeyPtr key, subs::SubscriptionId id) {
  uint32_t slot = slot_limit();
  if (free_.empty()) {
    // By half rather than by double: there are many connections, and few keys come after the first.
    if (slot == watches_.capacity()) watches_.reserve(slot + slot / 2 + 1);
    watches_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Watch& watch = watches_[slot];
  watch.key = std::move(key);
  watch.first_id = watch.id = id;
  positions_.Add(slot);
  return slot;
}

void Watches::Remove(uint32_t slot) {
  Watch& watch = watches_[slot];
  assert(watch.key != nullptr);
  positions_.Remove(slot);
  watch.key.reset();
  watch.first_id = watch.id = 0;
  watch.waiting.reset();  // Its place in the line stays, for whoever uses the slot next.
  watch.was_sent = false;
  free_.push_back(slot);
}

bool Watches::Put(uint32_t slot, const WorkerStatePtr& state) {
  Watch& watch = watches_[slot];
  const bool replaced = watch.waiting != nullptr;
  watch.waiting = state;
  Queue(slot);
  return replaced;
}

void Watches::Queue(uint32_t slot) {
  Watch& watch = watches_[slot];
  if (std::exchange(watch.is_queued, true)) return;
  watch.next = kNoSlot;
  (first_ == kNoSlot ? first_ : watches_[last_].next) = slot;
  last_ = slot;
}

bool Watches::Purge(uint32_t slot) {
  return std::exchange(watches_[slot].waiting, nullptr) != nullptr;
}

WorkerStatePtr Watches::Next(size_t room, protocol::Deflater* deflater) {
  while (first_ != kNoSlot) {
    Watch& watch = watches_[first_];
    const bool is_new = watch.waiting != nullptr &&
                        !(watch.was_sent && watch.sent_hash == watch.waiting->state->hash);
    if (is_new && watch.waiting->SizeFor(deflater) > room) return nullptr;
    const uint32_t slot = first_;
    WorkerStatePtr state = TakeFirst();
    if (!is_new) continue;
    SetSent(slot, state->state->hash);
    return state;
  }
  return nullptr;
}

WorkerStatePtr Watches::TakeFirst() {
  Watch& watch = watches_[first_];
  SetFirstAside();
  return std::exchange(watch.waiting, nullptr);
}

void Watches::SetFirstAside() {
  Watch& watch = watches_[first_];
  first_ = watch.next;
  watch.is_queued = false;
}

}  // namespace entitysync::session
