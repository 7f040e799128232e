#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/changelog/change_publisher.h"

namespace entitysync::changelog {

// Divides changes into batches that share an entity type and stay within
// base::limits::kMaxBusMessageBytes when encoded, in order of each type's first appearance.
//
// Owner and lifetime: the ConfirmedPublisher. Threading: its loop. Limits: the owner's.
// Errors: none.
class Batches {
 public:
  void Add(std::vector<Change> changes);

  // Those gathered so far; none of them is empty.
  std::vector<std::vector<Change>> Take();

 private:
  struct Open {
    size_t batch = 0;
    size_t bytes = 0;
  };

  void Append(Open& open, Change change);

  std::vector<std::vector<Change>> batches_;
  absl::flat_hash_map<std::string, Open> open_;  // The last batch of each type.
};

}  // namespace entitysync::changelog
