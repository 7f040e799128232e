#pragma once

#include <atomic>
#include <cstdint>

#include "entitysync/gateway/bus_link.h"

namespace entitysync::bus {

// What a link has told its listener about its connection, so that every link tells it by the same
// rules: OnDisconnected before every new connection, the number set before OnConnected, a
// connection that was lost and regained unseen reported as both.
//
// Owner and lifetime: a link.
// Threading: Update on the thread that calls the listener; the rest from any thread.
// Limits, errors: none.
class ConnectionReport {
 public:
  // `number` counts the connections so far, 0 before the first; `up`: whether the latest stands.
  void Update(uint64_t number, bool up, BusListener& listener);

  uint64_t number() const { return number_.load(std::memory_order_acquire); }
  bool up() const { return up_.load(std::memory_order_acquire); }

 private:
  std::atomic<uint64_t> number_ = 0;
  std::atomic<bool> up_ = false;
};

}  // namespace entitysync::bus
