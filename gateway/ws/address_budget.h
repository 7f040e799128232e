#pragma once

#include <absl/container/flat_hash_map.h>

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "gateway/base/mutex.h"

namespace entitysync::ws {

// Whom a connection comes from, as far as the limit per address is concerned: an IPv4 address,
// written as IPv6 or not, or the /64 of an IPv6 address, since one client has a whole /64 to choose
// from.
struct ClientAddress {
  explicit ClientAddress(const boost::asio::ip::address& address);

  uint64_t network = 0;  // IPv6: the upper half.
  uint64_t host = 0;     // IPv4: the mapped address, never 0.

  friend bool operator==(const ClientAddress&, const ClientAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const ClientAddress& address) {
    return H::combine(std::move(hash), address.network, address.host);
  }
};

// How many connections each client address holds and may hold, over all workers of a replica.
//
// Purpose: one client that opens connections without end does not take those of all others.
// Owner and lifetime: shared by the Server and its workers. Threading: any thread.
// Limits: `max` per address, 0: no limit, in which case nothing is kept. One entry per address that
//   has a connection, so there are never more entries than connections.
// Errors: TryAcquire says no.
class AddressBudget {
 public:
  explicit AddressBudget(size_t max) : max_(max) {}

  bool is_limited() const { return max_ > 0; }

  // Release follows, once, for each that was acquired.
  bool TryAcquire(const ClientAddress& address);
  void Release(const ClientAddress& address);

  // Addresses that have a connection.
  size_t addresses() const;

 private:
  const size_t max_;
  mutable base::Mutex mutex_;
  absl::flat_hash_map<ClientAddress, size_t> open_ ENTITYSYNC_GUARDED_BY(mutex_);
};

}  // namespace entitysync::ws
