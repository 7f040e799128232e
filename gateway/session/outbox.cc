#include "gateway/session/outbox.h"

#include <utility>

namespace entitysync::session {

bool Outbox::Put(uint32_t slot, hub::StatePtr state) {
  Slot& entry = At(slot);
  const bool replaced = entry.waiting != nullptr;
  entry.waiting = std::move(state);
  if (!std::exchange(entry.is_queued, true)) order_.push_back(slot);
  return replaced;
}

bool Outbox::Purge(uint32_t slot) {
  return slot < slots_.size() && std::exchange(slots_[slot].waiting, nullptr) != nullptr;
}

void Outbox::Reset(uint32_t slot) {
  if (slot >= slots_.size()) return;
  slots_[slot].waiting.reset();
  slots_[slot].was_sent = false;
}

hub::StatePtr Outbox::Next(size_t room) {
  while (!order_.empty()) {
    Slot& entry = slots_[order_.front()];
    const bool is_new =
        entry.waiting != nullptr && !(entry.was_sent && entry.sent_hash == entry.waiting->hash);
    if (is_new && entry.waiting->classic->size() > room) return nullptr;
    order_.pop_front();
    entry.is_queued = false;
    hub::StatePtr state = std::exchange(entry.waiting, nullptr);
    if (!is_new) continue;
    entry.sent_hash = state->hash;
    entry.was_sent = true;
    return state;
  }
  return nullptr;
}

Outbox::Slot& Outbox::At(uint32_t slot) {
  if (slot >= slots_.size()) slots_.resize(slot + 1);
  return slots_[slot];
}

}  // namespace entitysync::session
