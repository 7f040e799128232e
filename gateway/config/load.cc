#include "gateway/config/load.h"

#include <absl/status/status.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "gateway/config/document.h"
#include "gateway/config/reader.h"
#include "gateway/config/validate.h"

namespace entitysync::config {
namespace {

constexpr std::string_view kDefault = "<default>";

void Apply(const Override& given, Reader& reader) {
  std::string& target = reader.settings.default_target;
  if (const size_t begin = given.path.find(kDefault); begin != std::string::npos) {
    if (target.empty()) target = "default";
    std::string path = given.path;
    path.replace(begin, kDefault.size(), "<name>");
    reader.ReadFlag(path, target, given.value, given.flag);
  } else if (given.value != kDefault) {
    reader.ReadFlag(given.path, "", given.value, given.flag);
  } else if (!target.empty()) {
    reader.ReadFlag(given.path, "", target, given.flag);
  } else {
    reader.problems.push_back(
        Problem{Place{given.flag}, given.path,
                "needs a default target; give one with --fetch-target or default_target"});
  }
}

// A value that could not be read is at its default, about which there is nothing to say.
bool IsReported(const std::vector<Problem>& problems, const std::string& setting) {
  return std::any_of(problems.begin(), problems.end(),
                     [&setting](const Problem& problem) { return problem.setting == setting; });
}

}  // namespace

LoadResult LoadAll(std::string_view yaml, const std::string& file_name,
                   const std::vector<Override>& overrides, const Environment& environment) {
  auto document = ParseDocument(yaml, file_name);
  if (auto* problem = std::get_if<Problem>(&document); problem != nullptr) {
    return LoadResult{Settings{}, {std::move(*problem)}};
  }
  Reader reader(environment);
  reader.ReadDocument(std::get<Node>(document));
  for (const Override& given : overrides) Apply(given, reader);
  LoadResult result{std::move(reader.settings), std::move(reader.problems)};
  for (Problem& problem : Validate(result.settings, reader.origins, environment)) {
    if (IsReported(result.problems, problem.setting)) continue;
    if (problem.place.source.empty()) problem.place.source = file_name;
    result.problems.push_back(std::move(problem));
  }
  return result;
}

absl::StatusOr<Settings> Load(std::string_view yaml, const std::string& file_name,
                              const Environment& environment) {
  LoadResult result = LoadAll(yaml, file_name, {}, environment);
  if (result.problems.empty()) return std::move(result.settings);
  return absl::InvalidArgumentError(ToString(std::move(result.problems)));
}

}  // namespace entitysync::config
