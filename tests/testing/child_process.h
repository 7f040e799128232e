#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/testing/eventually.h"

namespace entitysync::testing {

// A program started by a test.
//
// Purpose: real processes that cannot outlive the test: they are killed when this object ends, and
//   by the kernel when the thread that started them ends.
// Owner and lifetime: a test. Threading: one thread.
// Limits: the output (stdout and stderr together) goes to a file of its own, whatever its size.
// Errors: a program that cannot be started exits with 127 and says why in its output.
class ChildProcess {
 public:
  // Starts argv[0], looked up in PATH. `environment` is added to the test's own.
  explicit ChildProcess(std::vector<std::string> argv,
                        std::map<std::string, std::string> environment = {});
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  // All that the program has written so far.
  std::string Output() const;

  // Waits until a line that holds `text` has been written, and returns it; nothing if none came or
  // the program ended without it.
  std::optional<std::string> WaitForLine(const std::string& text,
                                         std::chrono::nanoseconds bound = kPatience);

  void Signal(int signal);
  // SIGKILL, and waits for the end.
  void Kill();
  // SIGSTOP and SIGCONT. Pause returns when the process has stopped.
  void Pause();
  void Resume();

  // The exit code, or 128 + the signal that ended it; nothing while it runs or if it does not end
  // within `bound`.
  std::optional<int> ExitCode();
  std::optional<int> Wait(std::chrono::nanoseconds bound = kPatience);

 private:
  const std::string output_path_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace entitysync::testing
