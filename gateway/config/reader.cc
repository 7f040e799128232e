#include "gateway/config/reader.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <set>

#include "gateway/base/entity_key.h"
#include "gateway/config/interpolate.h"
#include "gateway/config/suggest.h"
#include "gateway/config/value.h"
#include "gateway/config/value_rules.h"

namespace entitysync::config {
namespace {

constexpr size_t kMaxTargets = 256;
constexpr size_t kMaxEntities = 10'000;

std::string Join(std::string_view section, std::string_view step) {
  if (section.empty()) return std::string(step);
  return std::string(section) + "." + std::string(step);
}

// A key that is no setting is shown only if it looks like one: "bearer_key:s3cret" with its blank
// forgotten is a key to YAML.
bool LooksLikeName(std::string_view key) {
  return key.size() <= 64 && !key.empty() && TextFault(Kind::kToken, key).empty();
}

}  // namespace

Reader::Reader(const Environment& environment) : environment_(environment), table_(AllSettings()) {}

void Reader::ReadDocument(const Node& root) { ReadSection(root, Position{}); }

void Reader::ReadFlag(std::string_view path, const std::string& key, const std::string& text,
                      const std::string& flag) {
  const Setting& setting = *Find(path);
  std::string name(path);
  if (const size_t begin = name.find('<'); begin != std::string::npos) {
    name.replace(begin, name.find('>') + 1 - begin, key);
  }
  if (auto status = ParseValue(setting, {text}, setting.slot(settings, key)); !status.ok()) {
    Report(Place{flag}, name, std::string(status.message()));
  }
  origins[name] = Place{flag};
}

void Reader::ReadNode(const Node& node, const Position& position) {
  if (const Setting* setting = Find(position.path); setting != nullptr) {
    ReadLeaf(*setting, node, position);
    return;
  }
  if (position.path.ends_with('>')) CreateEntry(position);
  ReadSection(node, position);
}

void Reader::ReadSection(const Node& node, const Position& position) {
  if (node.kind == Node::Kind::kNull) return;
  if (node.kind != Node::Kind::kMap) {
    Report(node.place, position.name,
           "must be a map of settings; write each below it as `name: value`, with a blank after "
           "the colon");
    return;
  }
  std::set<std::string_view> seen;
  for (const Node& child : node.items) {
    if (!MayEnter(child, position)) continue;
    const Position entered = Child(position, child);
    if (seen.insert(child.key).second) {
      ReadNode(child, entered);
    } else {
      Report(child.key_place, entered.name, "given twice; remove one of the two");
    }
  }
}

bool Reader::MayEnter(const Node& child, const Position& section) {
  if (section.path == "targets") return MayAddTarget(child);
  if (section.path == "entities") return MayAddEntity(child);
  const Position position = Child(section, child);
  const bool known = child.key.find_first_of(".<") == std::string::npos && !child.key.empty() &&
                     (Find(position.path) != nullptr || IsSection(position.path));
  if (known) return true;
  if (LooksLikeName(child.key)) {
    const std::string path = Join(section.path, child.key);
    Report(child.key_place, position.name, "unknown setting; " + Suggest(table_, path));
  } else {
    Report(child.key_place, section.name,
           "not the name of a setting; write `name: value`, with a blank after the colon");
  }
  return false;
}

bool Reader::MayAddTarget(const Node& child) {
  if (!LooksLikeName(child.key)) {
    Report(child.key_place, "targets",
           "the name of a target must have 1 to 64 letters, digits, _, . and -");
    return false;
  }
  if (settings.targets.size() < kMaxTargets) return true;
  Report(child.key_place, "targets", "too many targets; at most " + std::to_string(kMaxTargets));
  return false;
}

bool Reader::MayAddEntity(const Node& child) {
  if (!base::ValidateEntityKey(child.key, "1").ok()) {
    Report(child.key_place, "entities",
           "not an entity type; it has 1 to 128 bytes of UTF-8 without NUL");
    return false;
  }
  if (settings.entities.size() < kMaxEntities) return true;
  Report(child.key_place, "entities",
         "too many entity types; at most " + std::to_string(kMaxEntities));
  return false;
}

void Reader::ReadLeaf(const Setting& setting, const Node& node, const Position& position) {
  origins[position.name] = node.place;
  auto texts = Texts(setting, node, position);
  if (!texts.has_value()) return;
  for (std::string& text : *texts) {
    auto expanded = Interpolate(text, environment_);
    if (!expanded.ok()) {
      Report(node.place, position.name, std::string(expanded.status().message()));
      return;
    }
    text = *std::move(expanded);
  }
  const auto status = ParseValue(setting, *texts, setting.slot(settings, position.key));
  if (!status.ok()) Report(node.place, position.name, std::string(status.message()));
}

// The one value or the elements of a list, as they stand in the file.
std::optional<std::vector<std::string>> Reader::Texts(const Setting& setting, const Node& node,
                                                      const Position& position) {
  if (node.kind == Node::Kind::kScalar) return std::vector<std::string>{node.text};
  if (node.kind == Node::Kind::kNull) {
    Report(node.key_place, position.name, "has no value; give one or remove the line");
    return std::nullopt;
  }
  if (node.kind == Node::Kind::kMap || !IsList(setting.kind)) {
    Report(node.place, position.name,
           IsList(setting.kind) ? "must be a value or a list of them" : "must be a single value");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const Node& item : node.items) {
    if (item.kind != Node::Kind::kScalar) {
      Report(item.place, position.name, "each element must be a single value");
      return std::nullopt;
    }
    texts.push_back(item.text);
  }
  return texts;
}

Reader::Position Reader::Child(const Position& section, const Node& child) const {
  Position position{Join(section.path, child.key), Join(section.name, child.key), section.key};
  if (const std::string_view marker = MapMarker(section.path); !marker.empty()) {
    position.path = Join(section.path, marker);
    position.key = child.key;
  }
  return position;
}

void Reader::Report(const Place& place, const std::string& name, const std::string& message) {
  problems.push_back(Problem{place, name, message});
}

const Setting* Reader::Find(std::string_view path) const {
  const auto found = std::find_if(table_.begin(), table_.end(),
                                  [path](const Setting& setting) { return setting.path == path; });
  return found == table_.end() ? nullptr : &*found;
}

bool Reader::IsSection(std::string_view path) const {
  const std::string prefix = std::string(path) + ".";
  return std::any_of(table_.begin(), table_.end(), [&prefix](const Setting& setting) {
    return setting.path.starts_with(prefix);
  });
}

// What stands in the table for the keys of the map at `path`: "<name>". Empty: it is no map.
std::string_view Reader::MapMarker(std::string_view path) const {
  const std::string prefix = std::string(path) + ".<";
  for (const Setting& setting : table_) {
    if (!setting.path.starts_with(prefix)) continue;
    const std::string_view rest = setting.path.substr(path.size() + 1);
    return rest.substr(0, rest.find('.'));
  }
  return {};
}

void Reader::CreateEntry(const Position& position) {
  const std::string prefix = position.path + ".";
  for (const Setting& setting : table_) {
    if (setting.path.starts_with(prefix)) setting.slot(settings, position.key);
  }
}

}  // namespace entitysync::config
