#include "gateway/ws/extensions.h"

#include <gtest/gtest.h>

#include <string>

namespace entitysync::ws {
namespace {

constexpr std::string_view kAnswer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
constexpr std::string_view kAnswerWithWindow =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
    "server_max_window_bits=12";

// What a client that sends `header` is answered.
std::string Answer(std::string_view header) {
  const auto offers = ParseExtensions(header);
  if (!offers) return "malformed";
  return AnswerDeflateOffers(*offers).value_or("nothing");
}

TEST(ExtensionsTest, WhatClientsOfferIsAnswered) {
  EXPECT_EQ(Answer("permessage-deflate"), kAnswer);
  // Chromium and Node's ws; Firefox; Go's gorilla; Python's websockets.
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits"), kAnswer);
  EXPECT_EQ(Answer("permessage-deflate"), kAnswer);
  EXPECT_EQ(Answer("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            kAnswer);
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"),
            kAnswerWithWindow);
}

TEST(ExtensionsTest, TheWindowIsAnsweredAsItIsAndASmallerOneIsNotServed) {
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=15"), kAnswerWithWindow);
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=\"12\""), kAnswerWithWindow);
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=11"), "nothing");
  EXPECT_EQ(Answer("permessage-deflate; client_max_window_bits=8"), kAnswer);
}

TEST(ExtensionsTest, NoOfferIsNoAnswer) {
  EXPECT_EQ(Answer(""), "nothing");
  EXPECT_EQ(Answer(" , ,"), "nothing");
  EXPECT_EQ(Answer("x-webkit-deflate-frame"), "nothing");
  EXPECT_EQ(Answer("permessage-bzip2; level=9"), "nothing");
}

TEST(ExtensionsTest, TheFirstOfferThatCanBeServedIsTaken) {
  EXPECT_EQ(Answer("permessage-deflate; server_max_window_bits=9, permessage-deflate"), kAnswer);
  EXPECT_EQ(Answer("foo; bar=\"baz\" , permessage-deflate; unknown, "
                   "permessage-deflate; server_max_window_bits=13, permessage-deflate"),
            kAnswerWithWindow);
}

// RFC 7692 section 7.1: such offers are declined, and the connection goes on without.
TEST(ExtensionsTest, OffersWithBadParametersAreLeftAside) {
  for (const std::string parameters :
       {"unknown", "server_no_context_takeover=1", "client_no_context_takeover=true",
        "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=012", "server_max_window_bits=1x", "server_max_window_bits=0",
        "server_max_window_bits=120", "client_max_window_bits=7", "client_max_window_bits=08",
        "client_max_window_bits; client_max_window_bits",
        "server_no_context_takeover; server_no_context_takeover",
        "server_max_window_bits=12; server_max_window_bits=12",
        "client_max_window_bits=99999999999999999999"}) {
    EXPECT_EQ(Answer("permessage-deflate; " + parameters), "nothing") << parameters;
  }
}

TEST(ExtensionsTest, WhatIsNotWellFormedIsToldApart) {
  for (const std::string header :
       {"permessage-deflate;", "permessage-deflate; ;", "permessage-deflate; =1", ";",
        "permessage-deflate; a=", "permessage-deflate; a=\"", "permessage-deflate; a=\"\"",
        "permessage-deflate; a=\"b c\"", "permessage-deflate; a=\"b", "permessage-deflate; a=\"\\",
        "permessage-deflate permessage-deflate", "permessage-deflate, (", "a=b", "\"a\"", "a; b/c",
        "permessage-deflate\x01", "permessage-deflate; \xC3\xA4"}) {
    EXPECT_EQ(Answer(header), "malformed") << header;
  }
}

TEST(ExtensionsTest, QuotesAndBlanksAreTakenAway) {
  const auto read = ParseExtensions("a;b = \"c\\d\"\t;e,\tf");
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].name, "a");
  ASSERT_EQ((*read)[0].parameters.size(), 2u);
  EXPECT_EQ((*read)[0].parameters[0].first, "b");
  EXPECT_EQ((*read)[0].parameters[0].second, "cd");
  EXPECT_EQ((*read)[0].parameters[1].first, "e");
  EXPECT_EQ((*read)[0].parameters[1].second, std::nullopt);
  EXPECT_EQ((*read)[1].name, "f");
}

}  // namespace
}  // namespace entitysync::ws
