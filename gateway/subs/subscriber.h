#pragma once

#include <cstdint>

#include "gateway/base/content_hash.h"

namespace entitysync::subs {

// Which worker owns a connection: an index from 0.
using WorkerIndex = uint16_t;

// Names one subscription of one connection under one credential, unique in the process: the worker
// in the upper 16 bits, a number that the worker never uses twice in the lower 48. A changed
// credential or a repeated subscription gets a new id, so what was meant for the old one is
// recognised and dropped wherever it is.
using SubscriptionId = uint64_t;

inline constexpr int kSerialBits = 48;

inline SubscriptionId MakeSubscriptionId(WorkerIndex worker, uint64_t serial) {
  return (SubscriptionId{worker} << kSerialBits) | serial;
}
inline WorkerIndex WorkerOf(SubscriptionId id) {
  return static_cast<WorkerIndex>(id >> kSerialBits);
}

// Where a subscription lives: a value that crosses loops instead of a pointer. `session` and `slot`
// are indexes into tables of the worker; `id` says whether they still mean the same subscription.
struct SubscriberRef {
  SubscriptionId id = 0;
  uint32_t session = 0;
  uint32_t slot = 0;

  friend bool operator==(const SubscriberRef&, const SubscriberRef&) = default;
};

// A subscription as its shard sees it, with what it was handed last.
struct Subscriber {
  SubscriberRef ref;
  base::ContentHash handed_hash{};
  uint64_t handed_version = 0;  // 0: none with a number.
  bool was_handed = false;      // Whether anything was handed at all.
  bool is_v1 = false;           // Is told of more than states.
  bool is_told_stale = false;   // Since it was handed a state last.
};

}  // namespace entitysync::subs
