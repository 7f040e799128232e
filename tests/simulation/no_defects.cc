#include "tests/simulation/defect_switch.h"

namespace entitysync::simulation {

bool SwitchOn(const std::string& name) {
  static_cast<void>(name);
  return false;
}

}  // namespace entitysync::simulation
