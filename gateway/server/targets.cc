#include "gateway/server/targets.h"

#include <utility>
#include <vector>

#include "gateway/server/options.h"

namespace entitysync::server {

absl::StatusOr<std::unique_ptr<Targets>> Targets::Create(const config::Settings& settings,
                                                         const base::Logger& logger) {
  std::unique_ptr<Targets> result(new Targets);
  std::map<std::string, size_t> indexes;
  std::vector<fetch::Target> targets;
  for (const auto& [name, target] : settings.targets) {
    auto created = fetch_grpc::GrpcTarget::Create(TargetOptionsOf(name, target, settings), logger);
    if (!created.ok()) return created.status();
    indexes[name] = targets.size();
    targets.push_back({.source = created->get(),
                       .max_in_flight = target.max_in_flight,
                       .max_queued = target.max_queued});
    result->targets_[name] = *std::move(created);
  }
  // config::Validate has seen to it that every name stands for a target.
  absl::flat_hash_map<std::string, fetch::EntityType> types;
  for (const auto& [type, entity] : settings.entities) {
    const std::string* target = config::TargetOf(settings, type);
    if (target == nullptr) continue;
    types[type] = {.target = indexes.at(*target),
                   .classic_snapshot = config::ClassicSnapshot(settings, type),
                   .batch = entity.batch,
                   .keep_state = config::KeepState(settings, type)};
  }
  std::optional<fetch::EntityType> fallback;
  if (!settings.default_target.empty()) {
    fallback = {.target = indexes.at(settings.default_target),
                .classic_snapshot = settings.classic.snapshot,
                .keep_state = settings.fetch.keep_state};
  }
  result->catalog_ =
      std::make_unique<fetch::EntityCatalog>(std::move(types), fallback, std::move(targets));
  if (!settings.classic.pass_through_target.empty()) {
    result->message_handler_ = result->targets_.at(settings.classic.pass_through_target).get();
  }
  return result;
}

void Targets::Stop(base::Duration bound) {
  for (const auto& [name, target] : targets_) target->Stop(bound);
}

}  // namespace entitysync::server
