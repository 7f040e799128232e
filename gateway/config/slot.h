#pragma once

#include "gateway/config/setting.h"

// Spells the slot of a setting that stands in no map, for the tables only: a function from Settings
// to the address of `member`.
#define ENTITYSYNC_CONFIG_SLOT(member) \
  [](Settings& settings, const std::string&) -> Slot { return &settings.member; }

// The same for a setting in an entry of the map `map`.
#define ENTITYSYNC_CONFIG_MAP_SLOT(map, member) \
  [](Settings& settings, const std::string& key) -> Slot { return &settings.map[key].member; }
