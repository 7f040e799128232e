#include "tests/unit/client/random_json.h"

#include <algorithm>

namespace entitysync::client {
namespace {

namespace json = boost::json;

std::string RandomName(std::mt19937& random) {
  static const char* const kNames[] = {"",   "a", "b", "a/b",      "~",
                                       "~1", "0", "-", "\xC3\xA4", "\"\n"};
  return kNames[random() % std::size(kNames)];
}

std::string Pointer(const std::string& path, const std::string& name) {
  std::string pointer = path + '/';
  for (const char c : name) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

void Compare(const std::string& path, const json::value& from, const json::value& to,
             json::array& patch) {
  if (from == to) return;
  if (from.is_object() && to.is_object()) {
    const json::object &old = from.get_object(), &now = to.get_object();
    for (const auto& member : old) {
      const std::string part = Pointer(path, std::string(member.key()));
      const json::value* next = now.if_contains(member.key());
      if (next != nullptr) {
        Compare(part, member.value(), *next, patch);
      } else {
        patch.push_back({{"op", "remove"}, {"path", part}});
      }
    }
    for (const auto& member : now) {
      if (old.contains(member.key())) continue;
      const std::string part = Pointer(path, std::string(member.key()));
      patch.push_back({{"op", "add"}, {"path", part}, {"value", member.value()}});
    }
  } else if (from.is_array() && to.is_array()) {
    const json::array &old = from.get_array(), &now = to.get_array();
    for (size_t i = 0; i < std::min(old.size(), now.size()); ++i) {
      Compare(Pointer(path, std::to_string(i)), old[i], now[i], patch);
    }
    for (size_t i = old.size(); i > now.size(); --i) {
      patch.push_back({{"op", "remove"}, {"path", Pointer(path, std::to_string(i - 1))}});
    }
    for (size_t i = old.size(); i < now.size(); ++i) {
      patch.push_back({{"op", "add"}, {"path", Pointer(path, "-")}, {"value", now[i]}});
    }
  } else {
    patch.push_back({{"op", "replace"}, {"path", path}, {"value", to}});
  }
}

}  // namespace

json::value RandomJson(std::mt19937& random, int depth) {
  switch (random() % (depth > 0 ? 8 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<int>(random() % 100) - 50;
    case 3:
      return static_cast<double>(random() % 1000) / 8;
    case 4:
      return json::string(RandomName(random));
    case 5: {
      json::array list;
      for (size_t i = random() % 5; i > 0; --i) list.push_back(RandomJson(random, depth - 1));
      return list;
    }
    default: {
      json::object object;
      for (size_t i = random() % 5; i > 0; --i) {
        object[RandomName(random)] = RandomJson(random, depth - 1);
      }
      return object;
    }
  }
}

json::value RandomChange(std::mt19937& random, const json::value& value) {
  json::value changed = value;
  if (changed.is_array() && random() % 4 != 0) {
    json::array& list = changed.get_array();
    if (list.empty() || random() % 3 == 0) {
      list.insert(list.begin() + static_cast<ptrdiff_t>(random() % (list.size() + 1)),
                  RandomJson(random, 2));
    } else {
      json::value& part = list[random() % list.size()];
      part = RandomChange(random, part);
    }
  } else if (changed.is_object() && random() % 4 != 0) {
    json::value& part = changed.get_object()[RandomName(random)];
    part = RandomChange(random, part);
  } else {
    changed = RandomJson(random, 3);
  }
  return changed;
}

json::array Difference(const json::value& from, const json::value& to) {
  json::array patch;
  Compare("", from, to, patch);
  return patch;
}

}  // namespace entitysync::client
