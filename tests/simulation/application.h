#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/fetch/entity_source.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// A key by its place among the application's keys.
using KeyIndex = size_t;

// What a key is from a moment on. `serial` counts what ever happened to the key and only the
// simulation sees it; `version` is what the application calls it.
struct Fact {
  base::TimePoint since;
  uint64_t serial = 0;
  uint64_t version = 0;
  bool exists = false;
};

// The model of an application: what every key is and was, and who may see it.
//
// Purpose: the truth that clients are held against. Its rows carry key, secret and serial, so that
//   every frame tells where it comes from.
// Owner and lifetime: the Cluster. Threading: one thread.
class Application {
 public:
  explicit Application(World& world);

  size_t keys() const { return entities_.size(); }
  const base::EntityKey& KeyOf(KeyIndex key) const { return entities_[key].key; }
  KeyIndex IndexOf(const base::EntityKey& key) const;
  std::string NameOf(KeyIndex key) const { return KeyOf(key).entity + "/" + KeyOf(key).id; }

  bool IsVersioned(KeyIndex key) const { return entities_[key].versioned; }
  // Every secret sees the same rows, which do not name it.
  bool IsPublic(KeyIndex key) const { return entities_[key].is_public; }
  bool Lags(KeyIndex key) const { return entities_[key].lags; }
  static bool HasSnapshot(const base::EntityKey& key) { return key.entity == "items"; }

  const Fact& Present(KeyIndex key) const { return entities_[key].facts.back(); }
  bool IsDenied(KeyIndex key, const std::string& secret) const;
  bool WasDenied(KeyIndex key, const std::string& secret) const;  // Or is.
  bool WasEverDenied(KeyIndex key) const { return !entities_[key].ever_denied_to.empty(); }
  bool NumbersRestarted(KeyIndex key) const { return entities_[key].numbers_restarted; }

  // Something happens to a key; what to say in NotifyChange. No version where the application gives
  // none, or (for keys that do not lag) sometimes although it does.
  struct Mutation {
    KeyIndex key = 0;
    uint64_t serial = 0;
    std::optional<uint64_t> version;
  };
  Mutation Mutate(KeyIndex key);

  // The answer to a fetch that reads now. Only fetches for changes may meet a replica that lags:
  // docs/APPLICATIONS.md asks for the same.
  struct Reading {
    fetch::FetchAnswer answer;
    uint64_t serial = 0;  // Of the fact that was read.
  };
  Reading Read(KeyIndex key, const std::string& secret, fetch::FetchReason reason);

  // What the application calls this fact.
  uint64_t VersionOf(KeyIndex key, uint64_t serial) const;

  // The rows of a fact for a secret.
  base::Rows RowsOf(KeyIndex key, const std::string& secret, uint64_t serial) const;

 private:
  struct Entity {
    base::EntityKey key;
    bool versioned = false;
    bool is_public = false;
    bool lags = false;
    bool numbers_restarted = false;
    std::vector<Fact> facts;  // By time.
    std::set<std::string> denied;
    std::set<std::string> ever_denied_to;
  };

  void ToggleRight(Entity& entity);
  const Fact& FactAt(const Entity& entity, base::TimePoint time) const;

  World& world_;
  std::vector<Entity> entities_;
};

}  // namespace entitysync::simulation
