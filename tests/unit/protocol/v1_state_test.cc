#include "gateway/protocol/v1_state.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "gateway/protocol/classic.h"

namespace entitysync::protocol {
namespace {

const base::KeyPtr kKey = std::make_shared<const base::EntityKey>(base::EntityKey{"items", "1"});

// A state with a row that has `n` and 200 characters that are always the same.
std::string Row(int n) {
  return R"({"n":)" + std::to_string(n) + R"(,"text":")" + std::string(200, 'x') + "\"}";
}
StateVersion Version(uint64_t number, const base::Rows& rows) {
  return {.number = number, .hash = base::HashRows(rows)};
}
V1State Make(uint64_t number, const base::Rows& rows, const V1State* before = nullptr) {
  return {kKey, Version(number, rows), EncodeClassic(rows).frame, before};
}

std::string Payload(const Frame& frame) {
  if (frame == nullptr) return "nothing";
  std::string_view rest = *frame;
  return std::string(TakeMessage(rest).payload);
}

TEST(V1StateTest, IsWholeWithoutABase) {
  const V1State state = Make(7, {"1", "no json"});
  const std::string version = WriteVersion(state.version());
  EXPECT_EQ(Payload(state.Full(V1Form::kJson, nullptr)),
            R"({"event":"state","entity":"items","id":"1","version":")" + version +
                R"(","rows":[1,{"$base64":"bm8ganNvbg=="}]})");
  EXPECT_EQ(state.Full(V1Form::kJson, nullptr), state.Full(V1Form::kJson, nullptr)) << "made once";
  client::v1::ServerEvent event;
  ASSERT_TRUE(event.ParseFromString(Payload(state.Full(V1Form::kProto, nullptr))));
  EXPECT_EQ(event.state().rows(1), "no json");
  EXPECT_EQ(state.PatchFrom(Version(6, {"1"}), V1Form::kJson, nullptr), nullptr);
}

TEST(V1StateTest, ARemovedOneSaysSo) {
  const V1State removed(kKey, {.number = {}, .hash = kRemovedHash}, nullptr, nullptr);
  EXPECT_EQ(Payload(removed.Full(V1Form::kJson, nullptr)),
            R"({"event":"removed","entity":"items","id":"1","version":)"
            R"(".00000000000000000000000000000000"})");
}

TEST(V1StateTest, PatchesLeadFromTheTwoBefore) {
  const V1State one = Make(1, {Row(1)});
  const V1State two = Make(2, {Row(2)}, &one);
  const V1State three = Make(3, {Row(3)}, &two);
  const V1State four = Make(4, {Row(4)}, &three);
  const std::string version = WriteVersion(four.version());
  for (const V1State* base : {&two, &three}) {
    EXPECT_EQ(Payload(four.PatchFrom(base->version(), V1Form::kJson, nullptr)),
              R"({"event":"patch","entity":"items","id":"1","base":")" +
                  WriteVersion(base->version()) + R"(","version":")" + version +
                  R"(","patch":[{"op":"replace","path":"/0/n","value":4}]})");
    client::v1::ServerEvent event;
    ASSERT_TRUE(
        event.ParseFromString(Payload(four.PatchFrom(base->version(), V1Form::kProto, nullptr))));
    EXPECT_EQ(event.patch().base(), WriteVersion(base->version()));
    EXPECT_EQ(event.patch().patch(), R"([{"op":"replace","path":"/0/n","value":4}])");
    for (const V1Form form : {V1Form::kJson, V1Form::kProto}) {
      EXPECT_EQ(four.PatchFrom(base->version(), form, nullptr),
                four.PatchFrom(base->version(), form, nullptr))
          << "made once";
    }
  }
  EXPECT_EQ(four.PatchFrom(one.version(), V1Form::kJson, nullptr), nullptr) << "too long ago";
  EXPECT_EQ(four.PatchFrom({.number = 9, .hash = three.version().hash}, V1Form::kJson, nullptr),
            nullptr)
      << "a base has the name under which it was sent";
}

TEST(V1StateTest, APatchThatSavesLittleIsNone) {
  const V1State one = Make(1, {R"({"a":"some text","b":1})"});
  const V1State two = Make(2, {R"({"a":"other text","b":1})"}, &one);
  EXPECT_EQ(two.PatchFrom(one.version(), V1Form::kJson, nullptr), nullptr);
}

TEST(V1StateTest, APatchIsSentIfItHasLessThanSeventyPercentOfTheState) {
  // The same patch of states that get longer and longer.
  const auto patch_and_state = [](size_t filler) {
    const std::string same = R"(","b":")" + std::string(filler, 'x') + "\"}";
    const V1State one = Make(1, {R"({"a":"one)" + same});
    const V1State two = Make(2, {R"({"a":"two)" + same}, &one);
    return std::pair(two.PatchFrom(one.version(), V1Form::kJson, nullptr),
                     two.Full(V1Form::kJson, nullptr)->size());
  };
  const size_t patch_size = patch_and_state(400).first->size();
  size_t sent = 0;
  for (size_t filler = 0; filler < 400; ++filler) {
    const auto [patch, state_size] = patch_and_state(filler);
    EXPECT_EQ(patch != nullptr, patch_size * 10 < state_size * 7)
        << patch_size << " " << state_size;
    sent += patch != nullptr ? 1 : 0;
  }
  EXPECT_GT(sent, 0u);
  EXPECT_LT(sent, 400u);
}

TEST(V1StateTest, RowsThatAreNoJsonAndThoseThatAreGoneAreNoBases) {
  const V1State text = Make(1, {std::string(500, 'x')});
  const V1State two = Make(2, {Row(2)}, &text);
  EXPECT_EQ(two.PatchFrom(text.version(), V1Form::kJson, nullptr), nullptr);
  const V1State removed(kKey, {.number = {}, .hash = kRemovedHash}, nullptr, &two);
  const V1State back = Make(3, {Row(3)}, &removed);
  EXPECT_EQ(back.PatchFrom(removed.version(), V1Form::kJson, nullptr), nullptr);
}

TEST(V1StateTest, WhatBasesTakeIsBounded) {
  const std::string big = "\"" + std::string(V1State::kMaxBaseBytes, 'x') + "\"";
  const V1State one = Make(1, {big, "1"});
  const V1State two = Make(2, {big, "2"}, &one);
  EXPECT_EQ(two.PatchFrom(one.version(), V1Form::kJson, nullptr), nullptr);
}

TEST(V1StateTest, EveryFormCanBeCompressed) {
  Deflater deflater({.level = 6, .min_bytes = 16});
  const V1State one = Make(1, {Row(1)});
  const V1State two = Make(2, {Row(2)}, &one);
  EXPECT_LT(two.Full(V1Form::kJson, &deflater)->size(), two.Full(V1Form::kJson, nullptr)->size());
  const Frame patch = two.PatchFrom(one.version(), V1Form::kJson, nullptr);
  ASSERT_NE(patch, nullptr);
  EXPECT_LE(two.PatchFrom(one.version(), V1Form::kJson, &deflater)->size(), patch->size());
}

}  // namespace
}  // namespace entitysync::protocol
