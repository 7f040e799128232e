#include "client-sdk/cpp/json_tree.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>

#include "client-sdk/cpp/json_scanner.h"
#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

bool IsNamed(const JsonMember& member, std::string_view name) {
  if (member.name.find('\\') == std::string::npos) return member.name == name;
  return Unescaped(member.name) == name;
}

template <typename Object>
auto FindIn(Object& object, std::string_view name) -> decltype(object.object()->data()) {
  auto* members = object.object();
  if (members == nullptr) return nullptr;
  const auto found = std::find_if(members->begin(), members->end(), [&](const JsonMember& member) {
    return member.value != nullptr && IsNamed(member, name);
  });
  return found == members->end() ? nullptr : &*found;
}

JsonPtr Parse(JsonScanner& scanner, int depth);

JsonPtr ParseList(JsonScanner& scanner, int depth) {
  std::vector<JsonPtr> elements;
  if (!scanner.Take(']')) {
    do {
      JsonPtr element = Parse(scanner, depth + 1);
      if (element == nullptr) return nullptr;
      elements.push_back(std::move(element));
    } while (scanner.Take(','));
    if (!scanner.Take(']')) return nullptr;
  }
  return std::make_shared<Json>(Json{std::move(elements)});
}

// Of members with the same name only the last value stays, at the place of the first.
void DropRepeated(std::vector<JsonMember>& members) {
  const bool few = members.size() <= kFewMembers;
  absl::flat_hash_map<std::string, size_t> places;
  std::vector<JsonMember> kept;
  kept.reserve(members.size());
  for (JsonMember& member : members) {
    const std::string name = Unescaped(member.name);
    size_t place = kept.size();
    if (few) {
      const auto same = [&](const JsonMember& other) { return IsNamed(other, name); };
      place = static_cast<size_t>(std::find_if(kept.begin(), kept.end(), same) - kept.begin());
    } else {
      place = places.try_emplace(name, place).first->second;
    }
    if (place == kept.size()) {
      kept.push_back(std::move(member));
    } else {
      kept[place].value = std::move(member.value);
    }
  }
  members = std::move(kept);
}

JsonPtr ParseObject(JsonScanner& scanner, int depth) {
  std::vector<JsonMember> members;
  if (!scanner.Take('}')) {
    do {
      std::string_view name;
      if (!scanner.String(name) || !scanner.Take(':')) return nullptr;
      JsonPtr value = Parse(scanner, depth + 1);
      if (value == nullptr) return nullptr;
      members.push_back({std::string(name), std::move(value)});
    } while (scanner.Take(','));
    if (!scanner.Take('}')) return nullptr;
  }
  DropRepeated(members);
  return std::make_shared<Json>(Json{std::move(members)});
}

JsonPtr Parse(JsonScanner& scanner, int depth) {
  if (depth > kMaxJsonDepth) return nullptr;
  if (scanner.Take('[')) return ParseList(scanner, depth);
  if (scanner.Take('{')) return ParseObject(scanner, depth);
  std::string_view scalar;
  if (!scanner.Scalar(scalar)) return nullptr;
  return std::make_shared<Json>(Json{std::string(scalar)});
}

void Append(const Json& json, std::string& out) {
  char separator = 0;
  const auto separate = [&] {
    if (separator != 0) out.push_back(separator);
    separator = ',';
  };
  if (const std::string* scalar = json.scalar()) {
    out += *scalar;
  } else if (const auto* list = json.list()) {
    out.push_back('[');
    for (const JsonPtr& element : *list) {
      separate();
      Append(*element, out);
    }
    out.push_back(']');
  } else {
    out.push_back('{');
    for (const JsonMember& member : *json.object()) {
      if (member.value == nullptr) continue;
      separate();
      out += '"' + member.name + "\":";
      Append(*member.value, out);
    }
    out.push_back('}');
  }
}

bool SameScalar(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto is_number = [](char c) { return c == '-' || (c >= '0' && c <= '9'); };
  if (is_number(a[0]) && is_number(b[0])) return SameNumber(a, b);
  if (a[0] != '"' || b[0] != '"') return false;
  return Unescaped(a) == Unescaped(b);
}

size_t CountOf(const std::vector<JsonMember>& members) {
  return static_cast<size_t>(
      std::count_if(members.begin(), members.end(),
                    [](const JsonMember& member) { return member.value != nullptr; }));
}

// The same for two objects.
bool SameMembers(const Json& a, const Json& b) {
  const size_t count = CountOf(*a.object());
  if (count != CountOf(*b.object())) return false;
  const bool few = count <= kFewMembers;
  absl::flat_hash_map<std::string, const JsonMember*> table;
  if (!few) {
    table.reserve(count);
    for (const JsonMember& member : *b.object()) {
      if (member.value != nullptr) table.emplace(Unescaped(member.name), &member);
    }
  }
  const auto find = [&](const std::string& name) -> const JsonMember* {
    if (few) return FindMember(b, name);
    const auto found = table.find(name);
    return found == table.end() ? nullptr : found->second;
  };
  return std::all_of(a.object()->begin(), a.object()->end(), [&](const JsonMember& member) {
    if (member.value == nullptr) return true;
    const JsonMember* other = find(Unescaped(member.name));
    return other != nullptr && SameValue(*member.value, *other->value);
  });
}

}  // namespace

JsonPtr ParseJson(std::string_view text) {
  JsonScanner scanner(text);
  JsonPtr tree = Parse(scanner, 0);
  return scanner.AtEnd() ? tree : nullptr;
}

std::string TextOf(const Json& json) {
  std::string out;
  Append(json, out);
  return out;
}

bool SameValue(const Json& a, const Json& b) {
  if (&a == &b) return true;
  if (a.value.index() != b.value.index()) return false;
  if (a.scalar() != nullptr) return SameScalar(*a.scalar(), *b.scalar());
  if (const auto* list = a.list()) {
    const auto same = [](const JsonPtr& x, const JsonPtr& y) { return SameValue(*x, *y); };
    return std::equal(list->begin(), list->end(), b.list()->begin(), b.list()->end(), same);
  }
  return SameMembers(a, b);
}

JsonMember* FindMember(Json& object, std::string_view name) { return FindIn(object, name); }

const JsonMember* FindMember(const Json& object, std::string_view name) {
  return FindIn(object, name);
}

std::unique_ptr<std::string> StringOf(const JsonMember* member) {
  if (member == nullptr || member->value->scalar() == nullptr) return nullptr;
  const std::string_view text = *member->value->scalar();
  if (!text.starts_with('"')) return nullptr;
  return std::make_unique<std::string>(Unescaped(text.substr(1, text.size() - 2)));
}

}  // namespace entitysync::client
