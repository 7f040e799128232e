#pragma once

#include <string>
#include <string_view>

#include "tests/simulation/application.h"
#include "tests/simulation/rows.h"
#include "tests/simulation/source.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// Sees what one session hears and sends, and holds it against the promises at that very moment.
//
// Purpose: what holds in all dialects: G2 (no regress), G4 (never older than what the replica has),
//   G5 (nothing of another secret).
// Owner and lifetime: a Connection. Threading: one thread.
class Witness {
 public:
  // `name`: of the connection, for the story. `source`: of the replica at the other end.
  Witness(World& world, const Application& application, const Source& source, std::string name,
          std::string secret);
  virtual ~Witness() = default;

  // What a session sends: states have a place in the transport, answers find one.
  enum class Sent : uint8_t { kState, kAnswer };
  virtual Sent OnSend(std::string_view frame) = 0;

 protected:
  // What was sent of a key last.
  struct Last {
    uint64_t serial = 0;  // Of a key without versions: under the present secret.
    base::TimePoint time;
  };

  void CheckSecret(const Row& row);
  void CheckOrder(const Row& row, Last& last);
  void CheckFreshness(const Row& row);
  // The order of a key's states may be any, by its nature or its past.
  bool IsOutOfOrder(KeyIndex key) const {
    return application_.Lags(key) || application_.NumbersRestarted(key);
  }
  // Another secret is in force.
  void ForgetOrder(KeyIndex key, Last& last) const;
  void Broken(Promise promise, const Row& row, const std::string& what);

  World& world_;
  const Application& application_;
  const Source& source_;
  const std::string name_;
  std::string secret_;
};

}  // namespace entitysync::simulation
