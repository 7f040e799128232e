#include "gateway/config/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace entitysync::config {
namespace {

// Levenshtein's distance.
size_t EditDistance(std::string_view left, std::string_view right) {
  std::vector<size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < left.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < right.size(); ++j) {
      const size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// The names that may stand directly below `section`.
std::vector<std::string_view> NamesBelow(std::span<const Setting> table, std::string_view section) {
  std::vector<std::string_view> names;
  for (const Setting& setting : table) {
    std::string_view rest = setting.path;
    if (!rest.starts_with(section)) continue;
    rest.remove_prefix(section.size());
    const std::string_view name = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string Suggest(std::span<const Setting> table, std::string_view path) {
  const size_t dot = path.rfind('.');
  const size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
  const std::string_view wrong = path.substr(begin);
  const std::vector<std::string_view> names = NamesBelow(table, path.substr(0, begin));
  std::string all;
  for (const std::string_view name : names) {
    if (EditDistance(wrong, name) <= std::max<size_t>(1, wrong.size() / 4)) {
      return "did you mean " + std::string(name) + "?";
    }
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  return "what can stand here: " + all;
}

}  // namespace entitysync::config
