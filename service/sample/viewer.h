#pragma once

#include <optional>
#include <string_view>

namespace sample {

// Who looks at the page. A real application would look up a session here.
struct Viewer {
  bool sees_costs = false;
};

// The viewer whom a secret stands for; nothing if nobody. The secrets of this sample are no
// secrets: they stand in the page.
std::optional<Viewer> FindViewer(std::string_view secret);

}  // namespace sample
