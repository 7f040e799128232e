#include "gateway/server/targets.h"

#include <utility>
#include <vector>

#include "gateway/server/options.h"

namespace entitysync::server {

absl::StatusOr<std::unique_ptr<Targets>> Targets::Create(const config::Settings& settings,
                                                         const base::Logger& logger) {
  std::unique_ptr<Targets> result(new Targets);
  std::map<std::string, size_t> indexes;
  std::vector<fetch::TargetLimits> limits;
  for (const auto& [name, target] : settings.targets) {
    auto created = fetch_grpc::GrpcTarget::Create(TargetOptionsOf(name, target, settings), logger);
    if (!created.ok()) return created.status();
    indexes[name] = limits.size();
    limits.push_back({.max_in_flight = target.max_in_flight, .max_queued = target.max_queued});
    result->targets_[name] = *std::move(created);
  }
  // config::Validate has seen to it that every name stands for a target.
  const auto type_of = [&](const std::string& target, bool snapshot, base::Duration keep_state) {
    return fetch::EntityType{.source = result->targets_.at(target).get(),
                             .target = indexes.at(target),
                             .classic_snapshot = snapshot,
                             .keep_state = keep_state};
  };
  absl::flat_hash_map<std::string, fetch::EntityType> types;
  for (const auto& [type, entity] : settings.entities) {
    const std::string* target = config::TargetOf(settings, type);
    if (target == nullptr) continue;
    types[type] = type_of(*target, config::ClassicSnapshot(settings, type),
                          config::KeepState(settings, type));
  }
  std::optional<fetch::EntityType> fallback;
  if (!settings.default_target.empty()) {
    fallback =
        type_of(settings.default_target, settings.classic.snapshot, settings.fetch.keep_state);
  }
  result->catalog_ =
      std::make_unique<fetch::EntityCatalog>(std::move(types), fallback, std::move(limits));
  if (!settings.classic.pass_through_target.empty()) {
    result->message_handler_ = result->targets_.at(settings.classic.pass_through_target).get();
  }
  return result;
}

void Targets::Stop(base::Duration bound) {
  for (const auto& [name, target] : targets_) target->Stop(bound);
}

}  // namespace entitysync::server
