#include "tests/simulation/judge.h"

namespace entitysync::simulation {

std::string NameOf(Promise promise) {
  if (promise == Promise::kProtocol) return "v1";
  return absl::StrCat("G", static_cast<int>(promise));
}

void Judge::Broken(base::Duration elapsed, Promise promise, const std::string& what) {
  story_.Tell(elapsed, "BROKEN ", NameOf(promise), ": ", what);
  if (!verdict_.has_value()) verdict_ = Verdict{promise, elapsed, what};
}

}  // namespace entitysync::simulation
