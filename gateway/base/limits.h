#pragma once

#include <cstddef>
#include <cstdint>

// Limits that are part of the contract and not configurable. What can be configured has its default
// and bounds in the settings (entitysync/gateway/settings.h).
namespace entitysync::base::limits {

inline constexpr size_t kMaxEntityBytes = 128;
inline constexpr size_t kMaxIdBytes = 512;

// A client's secret goes to the application with every question: no longer than what fits the head
// of a handshake.
inline constexpr size_t kMaxSecretBytes = 16 * 1024;

// A bus message stays below this, so that it passes a nats-server with its default max_payload of
// 1 MiB with room to spare.
inline constexpr size_t kMaxBusMessageBytes = 512 * 1024;

// A status message names at most this many faults of a NotifyChange call, in this many bytes.
inline constexpr size_t kMaxFaultsNamed = 10;
inline constexpr size_t kMaxStatusMessageBytes = 2 * 1024;

}  // namespace entitysync::base::limits
