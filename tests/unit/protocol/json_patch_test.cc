#include "gateway/protocol/json_patch.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "gateway/base/random.h"

namespace entitysync::protocol {
namespace {

namespace json = boost::json;

constexpr size_t kNoLimit = 1 << 20;

std::optional<std::string> Patch(std::vector<std::string_view> from,
                                 std::vector<std::string_view> to, size_t max_bytes = kNoLimit) {
  return MakeJsonPatch(from, to, max_bytes);
}

// Does what RFC 6902 says of the three operations that are made here.
void Apply(const json::object& operation, json::value& document) {
  const std::string path(operation.at("path").as_string());
  const size_t slash = path.rfind('/');
  ASSERT_NE(slash, std::string::npos) << "the whole document is never replaced";
  json::value& parent = document.at_pointer(path.substr(0, slash));
  const std::string token = path.substr(slash + 1);
  const json::string& op = operation.at("op").as_string();
  if (parent.is_array()) {
    auto& array = parent.get_array();
    size_t index = 0;
    ASSERT_TRUE(absl::SimpleAtoi(token, &index));
    ASSERT_LE(index, array.size());
    const auto at = array.begin() + static_cast<ptrdiff_t>(index);
    if (op == "add") {
      array.insert(at, operation.at("value"));
    } else if (op == "remove") {
      array.erase(at);
    } else {
      *at = operation.at("value");
    }
    return;
  }
  std::string name;
  for (size_t i = 0; i < token.size(); ++i) {
    name += token[i] != '~' ? token[i] : token[++i] == '0' ? '~' : '/';
  }
  auto& object = parent.as_object();
  ASSERT_EQ(object.contains(name), op != "add") << path;
  if (op == "remove") {
    object.erase(name);
  } else {
    object.insert_or_assign(name, operation.at("value"));
  }
}

json::value Patched(json::value document, std::string_view patch) {
  const json::value operations = json::parse(json::string_view(patch.data(), patch.size()));
  for (const json::value& operation : operations.as_array()) {
    Apply(operation.as_object(), document);
  }
  return document;
}

TEST(JsonPatchTest, SaysWhatChanged) {
  EXPECT_EQ(Patch({R"({"a":1,"b":[1,2,3]})"}, {R"({"a":1,"b":[1,9,3]})"}),
            R"([{"op":"replace","path":"/0/b/1","value":9}])");
  EXPECT_EQ(Patch({R"({"a":1,"b":2})"}, {R"({"b":2,"c": { "d" : null }})"}),
            R"([{"op":"remove","path":"/0/a"},{"op":"add","path":"/0/c","value":{ "d" : null }}])");
  EXPECT_EQ(Patch({"1", "2"}, {"1", "5", "2"}), R"([{"op":"add","path":"/1","value":5}])");
  EXPECT_EQ(Patch({"1", "2", "3", "4"}, {"1", "4"}),
            R"([{"op":"remove","path":"/2"},{"op":"remove","path":"/1"}])");
  EXPECT_EQ(Patch({"{}"}, {"[]"}), R"([{"op":"replace","path":"/0","value":[]}])");
}

TEST(JsonPatchTest, WhatIsTheSameButForItsWritingNeedsNothing) {
  EXPECT_EQ(Patch({R"({"a":1,"b":{"c":2}})"}, {R"({ "b":{"c" :2}, "a":1 })"}), "[]");
  EXPECT_EQ(Patch({}, {}), "[]");
}

TEST(JsonPatchTest, NamesAreEscaped) {
  EXPECT_EQ(Patch({R"({"a/b":1,"m~n":1,"q\"\u0041\n":1})"}, {R"({"a/b":2,"m~n":2,"q\"A\n":2})"}),
            R"([{"op":"replace","path":"/0/a~1b","value":2},)"
            R"({"op":"replace","path":"/0/m~0n","value":2},)"
            R"({"op":"replace","path":"/0/q\"A\n","value":2}])");
}

TEST(JsonPatchTest, NoDifferenceHidesBehindThePrecisionOfNumbers) {
  EXPECT_EQ(Patch({"12345678901234567890123"}, {"12345678901234567890124"}),
            R"([{"op":"replace","path":"/0","value":12345678901234567890124}])");
  EXPECT_EQ(Patch({"1.50"}, {"1.5"}), R"([{"op":"replace","path":"/0","value":1.5}])");
}

TEST(JsonPatchTest, WhereThereCanBeNoneThereIsNone) {
  EXPECT_EQ(Patch({"no json"}, {"1"}), std::nullopt);
  EXPECT_EQ(Patch({"1"}, {"no json"}), std::nullopt);
  EXPECT_EQ(Patch({R"([{"a":1,"a":2}])"}, {"[1]"}), std::nullopt);
  EXPECT_EQ(Patch({"1"}, {R"({"a":{"b":1,"\u0062":2}})"}), std::nullopt);
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_EQ(Patch({"1"}, {deep}), std::nullopt);
  EXPECT_EQ(Patch({"1"}, {"12345"}, 20), std::nullopt);
}

// A random value, or one that shares much with `like`.
json::value RandomValue(base::Random& random, int depth) {
  switch (random.Below(depth > 0 ? 7 : 4)) {
    case 0:
      return random.Below(1000);
    case 1:
      return json::string(
          absl::StrCat("text ", random.Below(10), random.Below(4) == 0 ? "\"\n/~" : ""));
    case 2:
      return random.Below(2) == 0;
    case 3:
      return nullptr;
    case 4: {
      json::array array;
      for (uint64_t i = random.Below(5); i > 0; --i)
        array.push_back(RandomValue(random, depth - 1));
      return array;
    }
    default: {
      json::object object;
      static constexpr const char* kNames[] = {"a", "b", "a/b", "~", "", "0", "é"};
      for (uint64_t i = random.Below(5); i > 0; --i) {
        object[kNames[random.Below(7)]] = RandomValue(random, depth - 1);
      }
      return object;
    }
  }
}

void Change(base::Random& random, json::value& value) {
  if (random.Below(4) == 0) {
    value = RandomValue(random, 2);
  } else if (value.is_array() && !value.get_array().empty()) {
    auto& array = value.get_array();
    const auto at = static_cast<ptrdiff_t>(random.Below(array.size()));
    switch (random.Below(3)) {
      case 0:
        array.erase(array.begin() + at);
        break;
      case 1:
        array.insert(array.begin() + at, RandomValue(random, 2));
        break;
      default:
        Change(random, array[static_cast<size_t>(at)]);
    }
  } else if (value.is_object() && !value.get_object().empty()) {
    auto& object = value.get_object();
    Change(random, (object.begin() + static_cast<ptrdiff_t>(random.Below(object.size())))->value());
  }
}

TEST(JsonPatchTest, LeadsFromAnyRowsToAnyOthers) {
  base::Random random(1);
  int patched = 0;
  while (patched < 5'000) {
    json::value before = json::array{};
    for (uint64_t i = random.Below(4); i > 0; --i) {
      before.as_array().push_back(RandomValue(random, 3));
    }
    json::value after = before;
    if (random.Below(8) == 0) after = json::array{RandomValue(random, 3)};
    for (uint64_t i = random.Below(4); i > 0; --i) Change(random, after);
    if (!after.is_array()) continue;  // A chance change of the whole.
    const auto rows = [](const json::value& document) {
      std::vector<std::string> texts;
      for (const json::value& row : document.as_array()) texts.push_back(json::serialize(row));
      return texts;
    };
    const std::vector<std::string> from = rows(before);
    const std::vector<std::string> to = rows(after);
    const auto patch = Patch({from.begin(), from.end()}, {to.begin(), to.end()});
    ASSERT_TRUE(patch.has_value()) << before << after;
    ASSERT_EQ(Patched(before, *patch), after) << before << *patch;
    ++patched;
  }
}

}  // namespace
}  // namespace entitysync::protocol
