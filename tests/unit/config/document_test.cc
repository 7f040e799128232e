#include "gateway/config/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entitysync::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Node Parsed(const std::string& yaml) {
  auto document = ParseDocument(yaml, "f");
  if (auto* problem = std::get_if<Problem>(&document)) {
    ADD_FAILURE() << problem->ToString();
    return {};
  }
  return std::get<Node>(document);
}

std::string Fault(const std::string& yaml) {
  auto document = ParseDocument(yaml, "f");
  const auto* problem = std::get_if<Problem>(&document);
  return problem == nullptr ? "no problem" : problem->ToString();
}

TEST(Document, IsATreeThatKnowsItsPlaces) {
  const Node root = Parsed("front:\n  listen: 127.0.0.1:1\n  list: [a, \"b\"]\n");
  ASSERT_EQ(root.items.size(), 1u);
  const Node& front = root.items[0];
  EXPECT_EQ(front.key, "front");
  ASSERT_EQ(front.items.size(), 2u);
  EXPECT_EQ(front.items[0].text, "127.0.0.1:1");
  EXPECT_EQ(front.items[0].key_place, (Place{"f", 2, 3}));
  EXPECT_EQ(front.items[0].place, (Place{"f", 2, 11}));
  ASSERT_EQ(front.items[1].items.size(), 2u);
  EXPECT_EQ(front.items[1].items[1].text, "b");
}

TEST(Document, KeepsRepeatedKeys) { EXPECT_EQ(Parsed("a: 1\na: 2\n").items.size(), 2u); }

TEST(Document, MayBeEmpty) {
  for (const char* yaml : {"", "# only a comment\n", "---\n", "~", "{}"}) {
    const Node root = Parsed(yaml);
    EXPECT_EQ(root.kind, Node::Kind::kMap) << yaml;
    EXPECT_TRUE(root.items.empty()) << yaml;
  }
}

TEST(Document, SyntaxFaultsHaveAPlaceAndShowNothingOfTheText) {
  EXPECT_THAT(Fault("a: b: c\n"), HasSubstr("f:1:5: not valid YAML"));
  EXPECT_THAT(Fault("key: \"unclosed s3cret\n"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(Fault("key: *s3cret\n"), Not(HasSubstr("s3cret")));
  EXPECT_EQ(Fault("%YAML s3cret\n---\na: 1\n"), "f:1:1: not valid YAML: bad YAML version");
}

TEST(Document, RefusesWhatCouldStandForMuchMore) {
  EXPECT_THAT(Fault("a: &x [1, 1]\nb: [*x, *x]\n"), HasSubstr("f:1:4: anchors are not supported"));
  EXPECT_THAT(Fault("a: !!binary eHl6\n"), HasSubstr("tags are not supported"));
  EXPECT_THAT(Fault("a: 1\n---\nb: 2\n"), HasSubstr("only one YAML document"));
  EXPECT_THAT(Fault("? [a, b]\n: c\n"), HasSubstr("must be a plain word"));
  EXPECT_THAT(Fault("? {a: b}\n: c\n"), HasSubstr("must be a plain word"));
  EXPECT_THAT(Fault("~: c\n"), HasSubstr("must be a plain word"));
}

TEST(Document, IsBoundedInSizeDepthAndNumber) {
  EXPECT_THAT(Fault(std::string(2 * 1'048'576, 'a')), HasSubstr("at most 1MiB"));
  EXPECT_NE(Fault(std::string(100'000, '[')), "no problem");
  EXPECT_NE(Fault(std::string(100'000, '{')), "no problem");
  EXPECT_THAT(Fault(std::string(17, '[') + std::string(17, ']')), HasSubstr("nested too deeply"));
  std::string many = "a: [";
  for (int i = 0; i < 60'000; ++i) many += "1,";
  EXPECT_THAT(Fault(many + "1]"), HasSubstr("too many values"));
}

TEST(Document, IsPlainUtf8) {
  EXPECT_THAT(Fault("a: \xff\n"), HasSubstr("must be UTF-8"));
  EXPECT_THAT(Fault("a: 1\n\x04 b: 2\n"), HasSubstr("control characters"));
  EXPECT_THAT(Fault(std::string("a: 1\0", 5)), HasSubstr("control characters"));
  EXPECT_EQ(Parsed("\xef\xbb\xbf"
                   "a: \xc3\xa9\n")
                .items.at(0)
                .text,
            "\xc3\xa9");
}

}  // namespace
}  // namespace entitysync::config
