#pragma once

#include <optional>
#include <string>

#include "gateway/base/time.h"
#include "tests/simulation/story.h"

namespace entitysync::simulation {

// The promises of docs/GUARANTEES.md, and what docs/PROTOCOL.md says of v1 beyond them.
enum class Promise : uint8_t {
  kProtocol = 0,
  kConvergence = 1,  // G1
  kNoRegress,        // G2
  kNoGap,            // G3
  kBounded,          // G4
  kIsolated,         // G5
  kFewFetches,       // G6
  kHonestOk,         // G7
  kSelfHealing,      // G8
  kPaced,            // G9
  kZeroLossDeploy,   // G10
};

// "G1" to "G10", or "v1".
std::string NameOf(Promise promise);

// Keeps the first promise that was broken.
//
// Owner and lifetime: the World. Threading: one thread.
class Judge {
 public:
  explicit Judge(Story& story) : story_(story) {}

  struct Verdict {
    Promise promise;
    base::Duration elapsed;
    std::string what;
  };

  void Broken(base::Duration elapsed, Promise promise, const std::string& what);

  const std::optional<Verdict>& verdict() const { return verdict_; }

 private:
  Story& story_;
  std::optional<Verdict> verdict_;
};

}  // namespace entitysync::simulation
