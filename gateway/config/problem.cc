#include "gateway/config/problem.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <limits>

namespace entitysync::config {
namespace {

constexpr size_t kMaxShown = 100;

// Faults without a line (of flags, of the whole) come after those of the file.
int Order(const Problem& problem) {
  return problem.place.line == 0 ? std::numeric_limits<int>::max() : problem.place.line;
}

}  // namespace

std::string Place::ToString() const {
  if (line == 0) return source;
  return source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string Problem::ToString() const {
  std::string text = place.ToString();
  for (const std::string& part : {absl::Utf8SafeCEscape(setting), message}) {
    if (part.empty()) continue;
    if (!text.empty()) text += ": ";
    text += part;
  }
  return text;
}

std::string ToString(std::vector<Problem> problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& left, const Problem& right) {
    return Order(left) < Order(right);
  });
  std::string text;
  for (size_t i = 0; i < std::min(problems.size(), kMaxShown); ++i) {
    if (i > 0) text += "\n";
    text += problems[i].ToString();
  }
  if (problems.size() > kMaxShown) {
    text += "\nand " + std::to_string(problems.size() - kMaxShown) + " more";
  }
  return text;
}

}  // namespace entitysync::config
