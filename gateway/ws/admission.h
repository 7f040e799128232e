#pragma once

#include <cstdint>
#include <optional>

#include "gateway/ws/address_budget.h"
#include "gateway/ws/sockets.h"

namespace entitysync::ws {

struct Shared;

// Why a connection was accepted.
enum class Verdict : uint8_t {
  kServed,
  kTooMany,               // Only to be told 503: the replica is full.
  kTooManyOfThisAddress,  // Only to be told 429.
};

// What was decided about a connection, and what it holds because of that.
struct Admission {
  Verdict verdict = Verdict::kServed;
  std::optional<ClientAddress> address;  // Whose budget it counts in; nullopt: nobody's.

  bool is_served() const { return verdict == Verdict::kServed; }
};

// Decides about a socket just accepted, and takes what a served one needs of the budgets. Any
// thread.
Admission Admit(Shared& shared, const TcpSocket& socket);

// Gives back what `admission` took, once, when the connection is gone.
void Release(Shared& shared, const Admission& admission);

}  // namespace entitysync::ws
