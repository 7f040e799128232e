#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/simulation/application.h"
#include "tests/simulation/connection.h"
#include "tests/simulation/directory.h"
#include "tests/simulation/producer.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// A client of the classic dialect that watches some keys and comes back whenever its connection is
// gone.
//
// Purpose: does what clients do (changes secrets and subscriptions, leaves, vanishes, reads no
//   more) and remembers what it was shown.
// Owner and lifetime: the Cluster. Threading: one thread.
class Client final : private Peer {
 public:
  Client(World& world, Application& application, Directory& directory, size_t index);

  void Connect();
  // Does one of the things that the plan allows.
  void Act();
  // From now on it behaves well.
  void Heal();

  // What it lacks: "" if it shows the present state of all it watches.
  std::string Lacks(const Producer& producer) const;

 private:
  void OnRows(const base::Rows& rows) override;
  void OnGone(int code) override;

  void ComeBackAfter(base::Duration delay);
  void SwitchSecret();
  void ToggleWatch();
  void Stall();
  std::string LacksOf(KeyIndex key, base::TimePoint since, const Producer& producer) const;

  World& world_;
  Application& application_;
  Directory& directory_;
  const std::string name_;
  std::string secret_;
  std::set<KeyIndex> watched_;
  std::shared_ptr<Connection> connection_;  // Null while it is away.
  base::TimerId coming_back_ = base::kNoTimer;
  std::map<KeyIndex, base::Rows> shown_;  // Over this connection.
};

}  // namespace entitysync::simulation
