#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/application.h"
#include "tests/simulation/connection.h"
#include "tests/simulation/directory.h"
#include "tests/simulation/producer.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// A client that watches some keys and comes back whenever its connection is gone.
//
// Purpose: what clients of all dialects do: leave, vanish, read no more.
// Owner and lifetime: the Cluster. Threading: one thread.
class Client : protected Peer {
 public:
  Client(World& world, Application& application, Directory& directory, size_t index);

  virtual void Connect() = 0;
  // Does one of the things that the plan allows.
  void Act();
  // From now on it behaves well.
  void Heal();

  // What it lacks: "" if it shows the present state of all it watches.
  std::string Lacks(const Producer& producer) const;

 protected:
  using Deeds = std::vector<std::function<void()>>;

  // What it may do beside what all do; before that in the list.
  virtual void AddDeeds(Deeds& deeds) = 0;
  // The first lack of a key, if it has a connection; begins with a space.
  virtual std::string FirstLack(const Producer& producer) const = 0;

  // Without a snapshot only what was notified since the subscription must be here. Whether the
  // present state is, if nobody was ever denied it.
  bool MustHaveHeard(KeyIndex key, base::TimePoint since, const Producer& producer) const;

  void OnGone(int code) override;
  void ComeBackAfter(base::Duration delay);

  World& world_;
  Application& application_;
  Directory& directory_;
  const std::string name_;
  std::string secret_;
  std::shared_ptr<Connection> connection_;  // Null while it is away.

 private:
  void Stall();

  base::TimerId coming_back_ = base::kNoTimer;
};

}  // namespace entitysync::simulation
