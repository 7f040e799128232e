#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/simulation/witness.h"

namespace entitysync::simulation {

// The witness of a session of the classic dialect.
//
// Purpose: beside what holds in all dialects, that a state is sent whole, never twice, and never
//   after an unsubscribe.
// Owner and lifetime: a Connection. Threading: one thread.
class ClassicWitness final : public Witness {
 public:
  using Witness::Witness;

  // The session is about to handle a client's message.
  void OnSubscribe(KeyIndex key);
  void OnUnsubscribe(KeyIndex key);
  void OnSecret(const std::string& secret);

  Sent OnSend(std::string_view frame) override;

  // When the present subscription to the key was handled; nothing while there is none.
  std::optional<base::TimePoint> WatchedSince(KeyIndex key) const;

 private:
  struct Watch {
    base::TimePoint since;
    Last last;
    base::Rows last_rows;
  };

  void CheckState(base::Rows rows);

  std::map<KeyIndex, Watch> watches_;
};

}  // namespace entitysync::simulation
