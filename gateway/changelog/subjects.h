#pragma once

#include <string>
#include <string_view>

namespace entitysync::changelog {

// The subjects of one deployment on a bus. Prefix and entity types are single escaped tokens, so
// that a deployment "a" cannot hear one called "a.change".
class Subjects {
 public:
  Subjects(std::string_view prefix, std::string_view replica);

  // Where the changes of an entity type go. One partition per type.
  std::string Change(std::string_view entity) const;

  // Everything that all replicas hear: changes, and heartbeats and goodbyes on control().
  const std::string& all_changes() const { return all_changes_; }
  const std::string& control() const { return control_; }
  // Heard by this replica alone.
  const std::string& ack() const { return ack_; }

 private:
  std::string change_root_;
  std::string all_changes_;
  std::string control_;
  std::string ack_;
};

}  // namespace entitysync::changelog
