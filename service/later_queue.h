#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <set>
#include <vector>

#include "entitysync/entity.h"

namespace entitysync::service {

// Changes that wait to be sent, first come first served, equal ones merged.
//
// Purpose: what NotifyLater gathers. Two changes of a key are merged if both have a version (the
//   higher counts) or neither has: a change without version says more than one with.
// Owner and lifetime: LaterSender. Threading: none of its own; the owner locks.
// Limits: the owner's, by size(). Errors: none.
class LaterQueue {
 public:
  struct Batch {
    std::vector<Change> changes;
    uint64_t last = 0;  // The number of the last change in it.
  };

  // Merges the change into an equal one that waits. False if there is none.
  bool Merge(const Change& change);

  // Appends a change that Merge did not take. Changes are numbered from 1.
  void Append(Change change);

  // Takes the first changes out.
  Batch Take(size_t max_changes);

  size_t size() const { return order_.size(); }

  // The number of the change appended last; 0 if none ever was.
  uint64_t last() const { return last_; }

 private:
  struct Entry {
    Change change;
    uint64_t number;
  };
  using Place = std::list<Entry>::iterator;
  // Finds entries by key and by whether they have a version.
  struct Less {
    using is_transparent = void;
    static bool Before(const Change& a, const Change& b);
    bool operator()(Place a, Place b) const { return Before(a->change, b->change); }
    bool operator()(Place a, const Change& b) const { return Before(a->change, b); }
    bool operator()(const Change& a, Place b) const { return Before(a, b->change); }
  };

  std::list<Entry> order_;
  std::set<Place, Less> index_;
  uint64_t last_ = 0;
};

}  // namespace entitysync::service
