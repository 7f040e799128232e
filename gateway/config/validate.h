#pragma once

#include <vector>

#include "entitysync/gateway/settings.h"
#include "gateway/config/environment.h"
#include "gateway/config/problem.h"

namespace entitysync::config {

// What does not fit together in `settings`, each value of which is taken to be within its bounds:
// names of targets that are not there, TLS files by halves or unreadable, listeners that clash, a
// front open to all by accident. `origins` gives the places to name; may be empty.
std::vector<Problem> Validate(const Settings& settings, const Origins& origins,
                              const Environment& environment);

}  // namespace entitysync::config
