#pragma once

#include <string>
#include <string_view>

namespace entitysync::simulation {

// Which deliberate defect is on. Only simulation_with_defects is built from sources that ask (see
// defects.json); elsewhere no name is known and nothing is ever on.
inline std::string& DefectOn() {
  static std::string name;
  return name;
}

inline bool IsDefectOn(std::string_view name) { return DefectOn() == name; }

// Whether there is a defect of this name in this program, which is on from now on.
bool SwitchOn(const std::string& name);

}  // namespace entitysync::simulation
