#include "tests/simulation/application.h"

#include <cassert>

#include "tests/simulation/rows.h"

namespace entitysync::simulation {
namespace {

constexpr base::Duration kMostLag = std::chrono::milliseconds(1500);

}  // namespace

Application::Application(World& world) : world_(world) {
  for (KeyIndex i = 0; i < world.plan.keys; ++i) {
    Entity entity;
    // Most types begin with a snapshot; the others are the original's.
    entity.key = {.entity = i % 4 == 3 ? "plain" : "items", .id = std::to_string(i)};
    entity.versioned = world.Chance(50);
    entity.is_public = world.Chance(25);
    entity.lags = world.plan.lag && entity.versioned;
    const bool exists = !world.plan.removes || world.Chance(70);
    entity.facts.push_back(
        {.since = base::TimePoint{}, .serial = 1, .version = 1, .exists = exists});
    entities_.push_back(std::move(entity));
  }
}

KeyIndex Application::IndexOf(const base::EntityKey& key) const {
  const KeyIndex index = std::stoul(key.id);
  assert(KeyOf(index) == key);
  return index;
}

bool Application::IsDenied(KeyIndex key, const std::string& secret) const {
  return entities_[key].denied.contains(secret);
}

bool Application::WasDenied(KeyIndex key, const std::string& secret) const {
  return entities_[key].ever_denied_to.contains(secret);
}

Application::Mutation Application::Mutate(KeyIndex key) {
  Entity& entity = entities_[key];
  const Plan& plan = world_.plan;
  // What is said without a version can only be read where nothing lags.
  if (plan.denies && !entity.lags && world_.Chance(15)) {
    ToggleRight(entity);
    return {.key = key, .serial = Present(key).serial, .version = std::nullopt};
  }
  Fact fact = Present(key);
  fact.since = world_.Now();
  ++fact.serial;
  fact.exists = !(plan.removes && fact.exists && world_.Chance(20));
  fact.version += 1 + world_.random.Below(3);
  // Numbers that start again are lower: at the very number that a replica had last nobody could
  // tell that they did, nor while a replica still answers with the old ones.
  const uint64_t last = Present(key).version;
  const bool can_restart = entity.versioned && !entity.lags && last > 1;
  if (plan.restarts_numbers && can_restart && world_.Chance(5)) {
    entity.numbers_restarted = true;
    fact.version = 1 + world_.random.Below(last - 1);
  }
  entity.facts.push_back(fact);
  world_.Tell("application: ", NameOf(key), " is now #", fact.serial, " version ", fact.version,
              fact.exists ? "" : " (removed)");
  Mutation mutation{.key = key, .serial = fact.serial, .version = std::nullopt};
  if (entity.versioned && (entity.lags || world_.Chance(70))) mutation.version = fact.version;
  return mutation;
}

void Application::ToggleRight(Entity& entity) {
  const std::string secret = SecretName(world_.random.Below(world_.plan.secrets));
  entity.ever_denied_to.insert(secret);
  const bool denied = entity.denied.erase(secret) == 0;
  if (denied) entity.denied.insert(secret);
  world_.Tell("application: ", secret, denied ? " may not see " : " may see ", entity.key.id);
}

const Fact& Application::FactAt(const Entity& entity, base::TimePoint time) const {
  size_t i = entity.facts.size() - 1;
  while (i > 0 && entity.facts[i].since > time) --i;
  return entity.facts[i];
}

Application::Reading Application::Read(KeyIndex key, const std::string& secret,
                                       fetch::FetchReason reason) {
  const Entity& entity = entities_[key];
  const auto fail = [](absl::Status status, uint64_t serial) {
    return Reading{{.status = std::move(status), .rows = {}, .version = {}}, serial};
  };
  if (IsDenied(key, secret)) return fail(absl::PermissionDeniedError(""), 0);
  base::TimePoint time = world_.Now();
  if (entity.lags && reason == fetch::FetchReason::kChange) time -= world_.UpTo(kMostLag);
  const Fact& fact = FactAt(entity, time);
  if (!fact.exists) return fail(absl::NotFoundError(""), fact.serial);
  fetch::FetchAnswer answer{
      .status = absl::OkStatus(), .rows = RowsOf(key, secret, fact.serial), .version = {}};
  if (entity.versioned) answer.version = fact.version;
  return {std::move(answer), fact.serial};
}

uint64_t Application::VersionOf(KeyIndex key, uint64_t serial) const {
  const std::vector<Fact>& facts = entities_[key].facts;
  return facts[serial - facts.front().serial].version;
}

base::Rows Application::RowsOf(KeyIndex key, const std::string& secret, uint64_t serial) const {
  const size_t count = 1 + serial % 3;
  base::Rows rows;
  for (size_t i = 0; i < count; ++i) {
    const Row row{.key = key,
                  .secret = IsPublic(key) ? "*" : secret,
                  .serial = serial,
                  .index = i,
                  .count = count};
    const Plan& plan = world_.plan;
    rows.push_back(plan.v1_percent > 0 ? WriteJsonRow(row, plan.row_padding)
                                       : WriteRow(row, plan.compression ? 40 : 0));
  }
  return rows;
}

}  // namespace entitysync::simulation
