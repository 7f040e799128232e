#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/simulation/classic_witness.h"
#include "tests/simulation/client.h"

namespace entitysync::simulation {

// A client of the classic dialect.
//
// Purpose: changes secrets and subscriptions, and remembers what it was shown over its connection.
// Owner and lifetime: the Cluster. Threading: one thread.
class ClassicClient final : public Client {
 public:
  ClassicClient(World& world, Application& application, Directory& directory, size_t index);

  void Connect() override;

 private:
  std::unique_ptr<Witness> MakeWitness(const Source& source, const std::string& name) override;
  void OnFrame(std::string_view frame) override;
  void AddDeeds(Deeds& deeds) override;
  std::string FirstLack(const Producer& producer) const override;

  void Subscribe(KeyIndex key);
  void SwitchSecret();
  void ToggleWatch();
  std::string LacksOf(KeyIndex key, base::TimePoint since, const Producer& producer) const;

  std::set<KeyIndex> watched_;
  ClassicWitness* witness_ = nullptr;     // Of the connection.
  std::map<KeyIndex, base::Rows> shown_;  // Over this connection.
};

}  // namespace entitysync::simulation
