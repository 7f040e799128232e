#include "service/sample/entities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sample {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class EntitiesTest : public ::testing::Test {
 protected:
  EntitiesTest() { RegisterEntities(database_, options_); }

  absl::StatusOr<entitysync::Answer> Fetch(const std::string& entity, const std::string& id,
                                           const std::string& secret) {
    return options_.fetch.at(entity)(
        {{entity, id}, secret, entitysync::FetchReason::kChange, 0, not_cancelled_});
  }

  std::shared_ptr<std::atomic<bool>> not_cancelled_ = std::make_shared<std::atomic<bool>>(false);
  Database database_{":memory:", 2};
  entitysync::ServiceOptions options_;
};

TEST_F(EntitiesTest, OnlyManagersSeeCosts) {
  EXPECT_THAT(Fetch("items", "100", "manager-demo")->rows[0], HasSubstr("unitCost"));
  EXPECT_THAT(Fetch("items", "100", "worker-demo")->rows[0], Not(HasSubstr("unitCost")));
  EXPECT_THAT(Fetch("reports", "shift", "manager-demo")->rows[2], HasSubstr("budget"));
  EXPECT_THAT(Fetch("reports", "shift", "worker-demo")->rows[2], Not(HasSubstr("budget")));
}

TEST_F(EntitiesTest, StrangersSeeNothing) {
  for (const char* secret : {"", "worker", "worker-demo "}) {
    EXPECT_TRUE(absl::IsPermissionDenied(Fetch("items", "100", secret).status()));
    EXPECT_TRUE(absl::IsPermissionDenied(Fetch("reports", "shift", secret).status()));
    EXPECT_TRUE(absl::IsPermissionDenied(Fetch("floors", "main", secret).status()));
  }
}

TEST_F(EntitiesTest, AnswersCarryTheVersionThatChangesGave) {
  const auto version = database_.SetItem("100", "quantity", "5");
  EXPECT_EQ(Fetch("items", "100", "worker-demo")->version, static_cast<uint64_t>(*version));
}

TEST_F(EntitiesTest, AReportIsThreeRows) {
  EXPECT_THAT(Fetch("reports", "shift", "worker-demo")->rows, SizeIs(3));
}

TEST_F(EntitiesTest, WhatDoesNotExistIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(Fetch("items", "999", "worker-demo").status()));
  EXPECT_TRUE(absl::IsNotFound(Fetch("reports", "x", "worker-demo").status()));
  EXPECT_TRUE(absl::IsNotFound(Fetch("floors", "x", "worker-demo").status()));
}

}  // namespace
}  // namespace sample
