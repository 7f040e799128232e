#include "service/sample/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/sample/statement.h"

namespace sample {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(DatabaseTest, BeginsWithTheOrdersAskedFor) {
  Database database(":memory:", 3);
  EXPECT_THAT(database.GetFloor().items, ElementsAre("100", "101", "102"));
  EXPECT_THAT(database.GetFloor().reports, SizeIs(1));
  EXPECT_FALSE(database.GetItem("103"));
}

TEST(DatabaseTest, AChangeRaisesTheVersion) {
  Database database(":memory:", 1);
  const int64_t before = database.GetItem("100")->version;

  const auto version = database.SetItem("100", "quantity", "7");

  EXPECT_EQ(version, before + 1);
  EXPECT_EQ(database.GetItem("100")->version, before + 1);
  EXPECT_EQ(database.GetItem("100")->quantity, 7);
}

TEST(DatabaseTest, WhatIsNotAllowedChangesNothing) {
  Database database(":memory:", 1);
  const int64_t before = database.GetItem("100")->version;
  EXPECT_FALSE(database.SetItem("100", "quantity", "-1"));
  EXPECT_FALSE(database.SetItem("100", "quantity", "7x"));
  EXPECT_FALSE(database.SetItem("100", "progress", "101"));
  EXPECT_FALSE(database.SetItem("100", "status", "lost"));
  EXPECT_FALSE(database.SetItem("100", "unit_cost", "1"));
  EXPECT_FALSE(database.SetItem("100", "name = 'x' --", "1"));
  EXPECT_FALSE(database.SetItem("999", "quantity", "1"));
  EXPECT_FALSE(database.SetReport("shift", "author", "nobody"));
  EXPECT_EQ(database.GetItem("100")->version, before);
}

TEST(DatabaseTest, AReportJoinsItsAuthor) {
  Database database(":memory:", 1);
  ASSERT_TRUE(database.SetReport("shift", "author", "tomas"));
  EXPECT_EQ(database.GetReport("shift")->author, "Tomás Vega");
}

TEST(DatabaseTest, AFileKeepsItsData) {
  const std::string path = ::testing::TempDir() + "/shop-floor.db";
  for (const char* end : {"", "-wal", "-shm"}) std::remove((path + end).c_str());
  { Database(path, 2).SetItem("101", "quantity", "42"); }
  EXPECT_EQ(Database(path, 9).GetItem("101")->quantity, 42);
  EXPECT_THAT(Database(path, 9).GetFloor().items, SizeIs(2));
}

TEST(DatabaseTest, AFileThatCannotBeOpenedIsNamed) {
  EXPECT_THROW(Database("/nonexistent/shop.db", 1), DatabaseError);
}

}  // namespace
}  // namespace sample
