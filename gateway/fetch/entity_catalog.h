#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/time.h"
#include "gateway/fetch/entity_source.h"

namespace entitysync::fetch {

// What the gateway knows of one entity type.
struct EntityType {
  size_t target = 0;              // Index into EntityCatalog::targets(): who serves it.
  bool classic_snapshot = false;  // Whether a classic subscription gets the present state at once.
  bool batch = true;              // Whether its questions may travel with others in one call.
  // For how long a state is kept when its last watcher left. Above 0 a secret that the application
  // no longer accepts may read the state without the application being asked.
  base::Duration keep_state{0};
};

// One application, and how much it is asked at a time, over the whole replica.
struct Target {
  EntitySource* source = nullptr;  // Never null in a catalog; outlives it.
  size_t max_in_flight = 256;
  size_t max_queued = 10'000;
};

// Which entity type is served by whom. Immutable; read from any thread.
class EntityCatalog {
 public:
  EntityCatalog(absl::flat_hash_map<std::string, EntityType> types,
                std::optional<EntityType> fallback, std::vector<Target> targets)
      : types_(std::move(types)), fallback_(fallback), targets_(std::move(targets)) {}

  // The named type, else the default target's; null if neither is configured.
  const EntityType* Find(std::string_view entity) const {
    const auto it = types_.find(absl::string_view(entity.data(), entity.size()));
    if (it != types_.end()) return &it->second;
    return fallback_.has_value() ? &*fallback_ : nullptr;
  }

  const std::vector<Target>& targets() const { return targets_; }

 private:
  absl::flat_hash_map<std::string, EntityType> types_;
  std::optional<EntityType> fallback_;
  std::vector<Target> targets_;
};

}  // namespace entitysync::fetch
