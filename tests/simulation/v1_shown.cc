#include "tests/simulation/v1_shown.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>
#include <vector>

namespace entitysync::simulation {
namespace {

namespace json = boost::json;

json::value Parse(std::string_view text) { return json::parse({text.data(), text.size()}); }

json::string_view View(const std::string& text) { return {text.data(), text.size()}; }

// Where an operation works: a place in an array or an object.
struct Place {
  json::value* parent = nullptr;  // Null: there is no such place.
  std::string token;

  // The index in the array; nothing where there is no such element, or no place for one.
  std::optional<size_t> Index(bool may_append) const {
    size_t index = 0;
    if (!absl::SimpleAtoi(token, &index)) return std::nullopt;
    const size_t end = parent->as_array().size() + (may_append ? 1 : 0);
    return index < end ? std::optional(index) : std::nullopt;
  }
  bool Exists() const {
    if (parent->is_array()) return Index(false).has_value();
    return parent->is_object() && parent->as_object().contains(View(token));
  }
  json::value& Value() const {
    return parent->is_array() ? parent->as_array()[*Index(false)]
                              : parent->as_object().at(View(token));
  }
};

Place Find(json::value& root, const std::string& path) {
  std::vector<std::string> tokens = absl::StrSplit(path, '/');
  if (tokens.size() < 2 || !tokens.front().empty()) return {};
  Place place{&root, ""};
  for (size_t i = 1; i < tokens.size(); ++i) {
    if (i > 1) place.parent = &place.Value();
    place.token = absl::StrReplaceAll(tokens[i], {{"~1", "/"}, {"~0", "~"}});
    const bool is_last = i + 1 == tokens.size();
    if (!is_last && !place.Exists()) return {};
  }
  return place;
}

bool Add(const Place& place, json::value value) {
  if (place.parent->is_object()) {
    place.parent->as_object()[View(place.token)] = std::move(value);
    return true;
  }
  if (!place.parent->is_array()) return false;
  const std::optional<size_t> index = place.Index(true);
  if (!index.has_value()) return false;
  json::array& array = place.parent->as_array();
  array.insert(array.begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return true;
}

void Remove(const Place& place) {
  if (place.parent->is_object()) {
    place.parent->as_object().erase(View(place.token));
    return;
  }
  json::array& array = place.parent->as_array();
  array.erase(array.begin() + static_cast<std::ptrdiff_t>(*place.Index(false)));
}

bool ApplyOne(const json::object& operation, json::value& root) {
  const Place place = Find(root, std::string(operation.at("path").as_string()));
  if (place.parent == nullptr) return false;
  const json::string& name = operation.at("op").as_string();
  if (name == "add") return Add(place, operation.at("value"));
  if (!place.Exists()) return false;
  if (name == "replace") {
    place.Value() = operation.at("value");
    return true;
  }
  if (name == "remove") Remove(place);
  return name == "remove";
}

}  // namespace

bool ApplyJsonPatch(std::string_view operations, json::array& rows) {
  json::value root(std::move(rows));
  const json::value list = Parse(operations);
  for (const json::value& operation : list.as_array()) {
    if (!ApplyOne(operation.as_object(), root)) return false;
  }
  rows = std::move(root.as_array());
  return true;
}

bool Apply(const ServerEvent& event, std::optional<V1Shown>& shown) {
  switch (event.event_case()) {
    case ServerEvent::kState:
      shown.emplace().version = event.state().version();
      shown->rows.emplace();
      for (const std::string& row : event.state().rows()) shown->rows->push_back(Parse(row));
      return true;
    case ServerEvent::kRemoved:
      shown.emplace().version = event.removed().version();
      return true;
    case ServerEvent::kPatch:
      if (!shown.has_value() || !shown->rows.has_value()) return false;
      shown->version = event.patch().version();
      return ApplyJsonPatch(event.patch().patch(), *shown->rows);
    default:
      return false;
  }
}

bool IsSame(const json::array& shown, const base::Rows& rows) {
  json::array wanted;
  for (const std::string& row : rows) wanted.push_back(Parse(row));
  return shown == wanted;
}

Row FirstRow(const V1Shown& shown) { return ReadRow(json::serialize(shown.rows->front())); }

std::string Describe(const std::optional<V1Shown>& shown) {
  if (!shown.has_value()) return "nothing";
  if (!shown->rows.has_value()) return "that it is removed";
  const Row row = FirstRow(*shown);
  return absl::StrCat("#", row.serial, " of ", row.secret);
}

}  // namespace entitysync::simulation
