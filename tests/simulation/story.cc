#include "tests/simulation/story.h"

#include <absl/strings/str_format.h>

namespace entitysync::simulation {

void Story::Write(base::Duration elapsed, const std::string& line) {
  const std::chrono::duration<double> seconds = elapsed;
  absl::StrAppendFormat(&text_, "%10.6f s  %s\n", seconds.count(), line);
}

}  // namespace entitysync::simulation
