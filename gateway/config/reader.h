#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/document.h"
#include "gateway/config/environment.h"
#include "gateway/config/problem.h"
#include "gateway/config/setting.h"

namespace entitysync::config {

// Fills a Settings from a document and from flags, by the table of settings.
//
// Purpose: every value is checked on its own; what does not fit together is Validate's affair.
// Owner and lifetime: one per load; `environment` is borrowed.
// Threading: one thread.
// Limits: 256 targets, 10,000 entity types; all else as ParseDocument.
// Errors: each becomes a Problem and leaves its setting at the default; reading goes on.
class Reader {
 public:
  explicit Reader(const Environment& environment);

  // Reads a whole document.
  void ReadDocument(const Node& root);

  // Sets one setting from a flag. `path` is one of the table, `key` the map's key where it has one.
  void ReadFlag(std::string_view path, const std::string& key, const std::string& text,
                const std::string& flag);

  Settings settings;
  Origins origins;
  std::vector<Problem> problems;

 private:
  struct Position {
    std::string path;  // As in the table: "targets.<name>.timeout".
    std::string name;  // As it is called: "targets.app.timeout".
    std::string key;   // "app".
  };

  void ReadNode(const Node& node, const Position& position);
  void ReadSection(const Node& node, const Position& position);
  void ReadLeaf(const Setting& setting, const Node& node, const Position& position);
  std::optional<std::vector<std::string>> Texts(const Setting& setting, const Node& node,
                                                const Position& position);
  bool MayEnter(const Node& child, const Position& section);
  bool MayAddTarget(const Node& child);
  bool MayAddEntity(const Node& child);
  Position Child(const Position& section, const Node& child) const;
  void Report(const Place& place, const std::string& name, const std::string& message);

  const Setting* Find(std::string_view path) const;
  bool IsSection(std::string_view path) const;
  std::string_view MapMarker(std::string_view path) const;
  void CreateEntry(const Position& position);

  const Environment& environment_;
  std::vector<Setting> table_;
};

}  // namespace entitysync::config
