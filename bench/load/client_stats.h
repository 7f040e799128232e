#pragma once

#include <cstdint>

#include "bench/lib/histogram.h"

namespace entitysync::bench {

// What arrived at the connections of a thread.
struct ClientStats {
  uint64_t frames = 0;
  uint64_t compressed = 0;  // Of `frames`.
  uint64_t bytes = 0;       // After TLS.
  uint64_t deliveries = 0;  // States newer than what the connection had of that key.
  uint64_t covered = 0;     // The changes that these stand for.
  uint64_t repeats = 0;     // States that it had already, or older ones.
  uint64_t unexpected = 0;  // What is no state, or of a key that it does not watch.
  uint64_t closes = 0;      // Connections that ended without being asked to.
  Histogram latency;        // From the notify to the receipt, of `deliveries`.
  Histogram slow_age;       // Of what connections received that are or were stalled.

  void Clear() { *this = ClientStats(); }
  void Merge(const ClientStats& other) {
    frames += other.frames;
    compressed += other.compressed;
    bytes += other.bytes;
    deliveries += other.deliveries;
    covered += other.covered;
    repeats += other.repeats;
    unexpected += other.unexpected;
    closes += other.closes;
    latency.Merge(other.latency);
    slow_age.Merge(other.slow_age);
  }
};

}  // namespace entitysync::bench
