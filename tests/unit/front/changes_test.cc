#include "gateway/front/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/limits.h"

namespace entitysync::front {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Request {
 public:
  Request() = default;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  Request& Add(std::string entity, std::string id, std::optional<uint64_t> version = std::nullopt) {
    const std::string& kept_entity = texts_.emplace_back(std::move(entity));
    const std::string& kept_id = texts_.emplace_back(std::move(id));
    changes_.push_back({kept_entity, kept_id, version});
    return *this;
  }

  absl::StatusOr<std::vector<changelog::Change>> Take() const {
    return TakeChanges(changes_,
                       [](std::string_view entity) { return entity.substr(0, 7) != "unknown"; });
  }

  std::string Error(absl::StatusCode code) const {
    const absl::Status status = Take().status();
    EXPECT_EQ(status.code(), code);
    const std::string message(status.message());
    EXPECT_LE(message.size(), base::limits::kMaxStatusMessageBytes);
    EXPECT_TRUE(
        std::all_of(message.begin(), message.end(), [](char c) { return c >= 0x20 && c < 0x7F; }));
    return message;
  }

 private:
  std::deque<std::string> texts_;  // What the views point to stays where it is.
  std::vector<ChangeView> changes_;
};

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(ChangesTest, KeysAndVersionsAreTakenInOrder) {
  const auto changes =
      Request().Add("items", "a.b *>", 7).Add("users", "1").Add("x", "2", 0).Take();
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 3u);
  EXPECT_EQ((*changes)[0].key, (base::EntityKey{"items", "a.b *>"}));
  EXPECT_EQ((*changes)[0].version, 7u);
  EXPECT_EQ((*changes)[1].key, (base::EntityKey{"users", "1"}));
  EXPECT_EQ((*changes)[1].version, std::nullopt);
  EXPECT_EQ((*changes)[2].version, 0u);
}

TEST(ChangesTest, AKeyThatStandsTwiceIsOneChangeWithTheHighestVersion) {
  const auto changes =
      Request().Add("a", "1", 5).Add("a", "2").Add("a", "1", 9).Add("a", "1", 7).Take();
  ASSERT_TRUE(changes.ok()) << changes.status();
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].key.id, "1");
  EXPECT_EQ((*changes)[0].version, 9u);
  EXPECT_EQ((*changes)[1].key.id, "2");
}

TEST(ChangesTest, OneWithoutVersionAndOneWithOneStandForThemselves) {
  Request first;
  first.Add("a", "1").Add("a", "1", 9);
  Request last;
  last.Add("a", "1", 9).Add("a", "1").Add("a", "1", 10);
  for (const Request* request : {&first, &last}) {
    const auto changes = request->Take();
    ASSERT_TRUE(changes.ok()) << changes.status();
    ASSERT_EQ(changes->size(), 2u);
    EXPECT_NE((*changes)[0].version.has_value(), (*changes)[1].version.has_value());
  }
  EXPECT_EQ((*last.Take())[0].version, 10u);
}

TEST(ChangesTest, KeysAreNeverJoined) {
  const auto changes =
      Request().Add("a.b", "c").Add("a", "b.c").Add("ab", "c").Add("a", "bc").Take();
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes->size(), 4u);
}

TEST(ChangesTest, FaultsAreNamedWithTheirPlace) {
  const std::string error = Request()
                                .Add("items", "1")
                                .Add("items", "")
                                .Add("", "2")
                                .Add("items", std::string("a\0b", 3))
                                .Add("items", std::string(513, 'x'))
                                .Add("items", "bad \xFF")
                                .Error(kInvalid);
  EXPECT_THAT(error, HasSubstr("5 of 6 changes cannot be taken, so none was"));
  EXPECT_THAT(error, HasSubstr("changes[1] {\"items\", \"\"}: id is empty"));
  EXPECT_THAT(error, HasSubstr("changes[2] {\"\", \"2\"}: entity is empty"));
  EXPECT_THAT(error, HasSubstr("\"a\\x00b\"}: id holds a NUL"));
  EXPECT_THAT(error, HasSubstr("id has 513 bytes, more than the limit of 512"));
  EXPECT_THAT(error, HasSubstr("\"bad \\xff\"}: id is not valid UTF-8"));
  EXPECT_THAT(error, Not(HasSubstr("changes[0]")));
}

TEST(ChangesTest, TheFirstTenFaultsAndTheTotalFitHoweverLongTheIds) {
  Request request;
  for (int i = 0; i < 50; ++i) {
    std::string id;
    for (int n = 0; n < 400; ++n) id += "\xC3\xA9";
    request.Add(std::string(200, '\x01'), id);
  }
  const std::string error = request.Error(kInvalid);
  EXPECT_THAT(error, HasSubstr("50 of 50"));
  EXPECT_THAT(error, HasSubstr("changes[9]"));
  EXPECT_THAT(error, Not(HasSubstr("changes[10]")));
  EXPECT_THAT(error, HasSubstr("; and 40 more"));
}

TEST(ChangesTest, AnExcerptEndsBetweenCharacters) {
  // Escaped, é takes eight bytes: six fit in an excerpt of 50.
  std::string id;
  for (int n = 0; n < 300; ++n) id += "\xC3\xA9";
  const std::string error = Request().Add("items", id).Error(kInvalid);
  EXPECT_THAT(error, HasSubstr("\\xc3\\xa9...\""));
}

TEST(ChangesTest, UnknownTypesAreNotFoundAndNamedOnce) {
  const std::string error = Request()
                                .Add("items", "1")
                                .Add("unknown-1", "1")
                                .Add("unknown-1", "2")
                                .Add("unknown-2", "1")
                                .Error(absl::StatusCode::kNotFound);
  EXPECT_THAT(error, HasSubstr("entity type \"unknown-1\", \"unknown-2\": "));
}

TEST(ChangesTest, ManyUnknownTypesFitToo) {
  Request request;
  for (int i = 0; i < 60; ++i) {
    request.Add("unknown" + std::to_string(i) + std::string(110, '\x02'), "1");
  }
  EXPECT_THAT(request.Error(absl::StatusCode::kNotFound), HasSubstr("more"));
}

TEST(ChangesTest, BadKeysComeBeforeUnknownTypes) {
  EXPECT_THAT(Request().Add("unknown", "1").Add("items", "").Error(kInvalid), HasSubstr("1 of 2"));
}

}  // namespace
}  // namespace entitysync::front
