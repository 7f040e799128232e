#pragma once

#include <absl/status/status.h>
#include <sys/types.h>

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <vector>

namespace entitysync::bench {

// What processes used between two moments.
//
// `cpu_ns` is what the scheduler counted for all threads, also those that ended meanwhile. User and
// system are told apart by the kernel's tick (10 ms), so only their shares over some seconds mean
// anything.
class ProcessCosts {
 public:
  // NOT_FOUND if one of them does not run.
  absl::Status Begin(const std::vector<int64_t>& pids);

  // {"PID": {"cpu_ns", "user_ticks", "system_ticks", "user_share", "voluntary_switches",
  // "involuntary_switches"}}; a process that ended meanwhile has {"ended": true}.
  boost::json::object End() const;

 private:
  struct Usage {
    int64_t cpu_ns = 0;
    uint64_t user_ticks = 0;
    uint64_t system_ticks = 0;
    struct Switches {
      uint64_t voluntary = 0;
      uint64_t involuntary = 0;
    };
    std::map<pid_t, Switches> switches;  // By thread: those of threads that end are lost.
  };

  static bool Read(pid_t pid, Usage& usage);
  static boost::json::object Difference(const Usage& before, const Usage& after);

  std::map<pid_t, Usage> before_;
};

}  // namespace entitysync::bench
