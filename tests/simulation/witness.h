#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/simulation/application.h"
#include "tests/simulation/rows.h"
#include "tests/simulation/source.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// Sees what one session hears and sends, and holds it against the promises at that very moment.
//
// Purpose: G2 (no regress), G4 (never older than what the replica has), G5 (nothing of another
//   secret), and that nothing is sent twice or after an unsubscribe.
// Owner and lifetime: a Connection. Threading: one thread.
class Witness {
 public:
  // `name`: of the connection, for the story. `source`: of the replica at the other end.
  Witness(World& world, const Application& application, const Source& source, std::string name,
          std::string secret);

  // The session is about to handle a client's message.
  void OnSubscribe(KeyIndex key);
  void OnUnsubscribe(KeyIndex key);
  void OnSecret(const std::string& secret);

  // The session sends a state.
  void OnSend(std::string_view frame);

  // When the present subscription to the key was handled; nothing while there is none.
  std::optional<base::TimePoint> WatchedSince(KeyIndex key) const;

 private:
  struct Watch {
    base::TimePoint since;
    uint64_t last_serial = 0;  // Sent; of a key without versions: under the present secret.
    base::TimePoint last_sent;
    base::Rows last_rows;
  };

  void CheckSecret(const Row& row);
  void CheckOrder(const Row& row, Watch& watch);
  void CheckFreshness(const Row& row);
  void Broken(Promise promise, const Row& row, const std::string& what);

  World& world_;
  const Application& application_;
  const Source& source_;
  const std::string name_;
  std::string secret_;
  std::map<KeyIndex, Watch> watches_;
};

}  // namespace entitysync::simulation
