#include "tests/testing/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace entitysync::testing {
namespace {

std::string NewOutputFile() {
  std::string path = "/tmp/entitysync-test-output-XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd < 0) std::abort();
  close(fd);
  return path;
}

std::vector<std::string> MergedEnvironment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) merged.push_back(text);
  }
  for (const auto& [name, value] : added) merged.push_back(name + "=" + value);
  return merged;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Runs between fork and exec: system calls only, since other threads may hold any lock.
[[noreturn]] void BecomeProgram(char** argv, char** envp, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // The test died before the line above.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvpe(argv[0], argv, envp);
  dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> argv,
                           std::map<std::string, std::string> environment)
    : output_path_(NewOutputFile()) {
  std::vector<std::string> merged = MergedEnvironment(environment);
  const std::vector<char*> arguments = Pointers(argv);
  const std::vector<char*> variables = Pointers(merged);
  const int output = open(output_path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    BecomeProgram(const_cast<char**>(arguments.data()), const_cast<char**>(variables.data()),
                  output, parent);
  }
  close(output);
  if (pid_ < 0) std::abort();
}

ChildProcess::~ChildProcess() {
  Kill();
  unlink(output_path_.c_str());
}

std::string ChildProcess::Output() const {
  std::ifstream file(output_path_, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> ChildProcess::WaitForLine(const std::string& text,
                                                     std::chrono::nanoseconds bound) {
  std::optional<std::string> found;
  const auto look = [&] {
    std::istringstream lines(Output());
    for (std::string line; std::getline(lines, line);) {
      if (line.find(text) == std::string::npos || lines.eof()) continue;
      found = line;
      return true;
    }
    return false;
  };
  Eventually(
      [&] {
        const bool ended = ExitCode().has_value();  // Asked first: the last line may come now.
        return look() || ended;
      },
      bound);
  return found;
}

void ChildProcess::Signal(int signal) {
  if (!ExitCode()) kill(pid_, signal);
}

void ChildProcess::Kill() {
  Signal(SIGKILL);
  Wait();
}

void ChildProcess::Pause() {
  Signal(SIGSTOP);
  if (exit_code_) return;
  int status = 0;
  if (waitpid(pid_, &status, WUNTRACED) == pid_ && !WIFSTOPPED(status)) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

void ChildProcess::Resume() { Signal(SIGCONT); }

std::optional<int> ChildProcess::ExitCode() {
  int status = 0;
  if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return exit_code_;
}

std::optional<int> ChildProcess::Wait(std::chrono::nanoseconds bound) {
  Eventually([this] { return ExitCode().has_value(); }, bound);
  return exit_code_;
}

}  // namespace entitysync::testing
