#pragma once

#include <memory>

#include "tests/simulation/connection.h"

namespace entitysync::simulation {

class Replica;

// The load balancer in front of the replicas.
class Directory {
 public:
  virtual ~Directory() = default;
  // A connection to some replica that takes new ones; null if there is none. Not opened yet.
  virtual std::shared_ptr<Connection> Connect(Peer& peer, const std::string& name,
                                              session::Handshake handshake) = 0;
  // Some replica that answers applications; null if there is none.
  virtual std::shared_ptr<Replica> Answering() = 0;
};

}  // namespace entitysync::simulation
