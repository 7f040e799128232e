#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tests/simulation/application.h"
#include "tests/simulation/bus.h"
#include "tests/simulation/directory.h"
#include "tests/simulation/replica.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// The application's changes, and its calls of NotifyChange, each repeated until it is answered OK.
//
// Purpose: G7: OK is never said of what the bus did not take, and every call is answered in bounded
//   time.
// Owner and lifetime: the Cluster. Threading: one thread.
class Producer {
 public:
  static constexpr base::Duration kTimeout = std::chrono::seconds(2);

  Producer(World& world, Application& application, Directory& directory, const Bus& bus)
      : world_(world), application_(application), directory_(directory), bus_(bus) {}

  // Changes some keys and notifies.
  void Change();
  // The replica's process is gone: its calls break.
  void OnGone(const Replica& replica);

  bool AllTaken() const { return calls_.empty(); }
  size_t changes() const { return changes_; }
  // Whether this state of the key was notified by a call that began after `time` and was answered
  // OK.
  bool NotifiedSince(KeyIndex key, uint64_t serial, base::TimePoint time) const;

 private:
  struct Call {
    std::vector<Application::Mutation> mutations;
    uint64_t attempt = 0;            // Counts; answers to earlier ones are late.
    std::shared_ptr<Replica> asked;  // Null between attempts.
    base::TimePoint began;
  };
  struct Notified {
    uint64_t serial = 0;
    base::TimePoint began;
  };
  using CallId = uint64_t;

  void Attempt(CallId id);
  void OnAnswer(CallId id, uint64_t attempt, const absl::Status& status);
  void CheckAnswered(CallId id, uint64_t attempt);
  void CheckTaken(const Call& call);
  void TryAgain(CallId id);

  World& world_;
  Application& application_;
  Directory& directory_;
  const Bus& bus_;
  std::map<CallId, Call> calls_;  // Not answered OK yet.
  CallId last_call_ = 0;
  size_t changes_ = 0;
  std::map<KeyIndex, Notified> notified_;
};

}  // namespace entitysync::simulation
