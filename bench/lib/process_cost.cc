#include "bench/lib/process_cost.h"

#include <absl/strings/str_cat.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace entitysync::bench {
namespace {

bool CpuOf(pid_t pid, int64_t& ns) {
  clockid_t clock = 0;
  timespec time = {};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return false;
  ns = int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  return true;
}

// Fields 14 and 15 of /proc/PID/stat; the second is the name in brackets, which may hold anything.
bool TicksOf(pid_t pid, uint64_t& user, uint64_t& system) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  if (!std::getline(file, text)) return false;
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  return static_cast<bool>(fields >> user >> system);
}

uint64_t NumberAfter(const std::string& text, const std::string& name) {
  const size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size()));
}

}  // namespace

bool ProcessCosts::Read(pid_t pid, Usage& usage) {
  if (!CpuOf(pid, usage.cpu_ns) || !TicksOf(pid, usage.user_ticks, usage.system_ticks)) {
    return false;
  }
  std::error_code error;
  const std::filesystem::directory_iterator tasks(absl::StrCat("/proc/", pid, "/task"), error);
  for (const std::filesystem::directory_entry& task : tasks) {
    std::ifstream file(task.path() / "status");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (text.empty()) continue;  // The thread has just ended.
    usage.switches[std::stoi(task.path().filename())] = {
        NumberAfter(text, "\nvoluntary_ctxt_switches:"),
        NumberAfter(text, "\nnonvoluntary_ctxt_switches:")};
  }
  return true;
}

absl::Status ProcessCosts::Begin(const std::vector<int64_t>& pids) {
  before_.clear();
  for (const int64_t pid : pids) {
    if (Read(static_cast<pid_t>(pid), before_[static_cast<pid_t>(pid)])) continue;
    return absl::NotFoundError(
        absl::StrCat("process ", pid, " cannot be measured: is it running?"));
  }
  return absl::OkStatus();
}

boost::json::object ProcessCosts::End() const {
  boost::json::object costs;
  for (const auto& [pid, before] : before_) {
    Usage after;
    costs[std::to_string(pid)] =
        Read(pid, after) ? Difference(before, after) : boost::json::object{{"ended", true}};
  }
  return costs;
}

boost::json::object ProcessCosts::Difference(const Usage& before, const Usage& after) {
  const uint64_t user = after.user_ticks - before.user_ticks;
  const uint64_t system = after.system_ticks - before.system_ticks;
  uint64_t voluntary = 0;
  uint64_t involuntary = 0;
  for (const auto& [thread, now] : after.switches) {
    const auto then = before.switches.find(thread);
    const Usage::Switches base = then == before.switches.end() ? Usage::Switches{} : then->second;
    voluntary += now.voluntary - base.voluntary;
    involuntary += now.involuntary - base.involuntary;
  }
  const double ticks = static_cast<double>(user + system);
  return {{"cpu_ns", after.cpu_ns - before.cpu_ns},
          {"user_ticks", user},
          {"system_ticks", system},
          {"user_share", ticks > 0 ? static_cast<double>(user) / ticks : 0},
          {"voluntary_switches", voluntary},
          {"involuntary_switches", involuntary}};
}

}  // namespace entitysync::bench
