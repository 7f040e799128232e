#include "bench/lib/key_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "bench/lib/clock.h"

namespace entitysync::bench {
namespace {

constexpr int64_t kSoon = 10'000'000;
constexpr int64_t kLong = 20'000'000'000;

class KeyTableTest : public testing::Test {
 protected:
  ~KeyTableTest() override { std::filesystem::remove(file_); }

  std::unique_ptr<KeyTable> Open() {
    auto table = KeyTable::Open(file_);
    EXPECT_TRUE(table.ok()) << table.status();
    return *std::move(table);
  }

  const std::string file_ = testing::TempDir() + "key_table_test." + std::to_string(getpid());
};

TEST_F(KeyTableTest, WhatOneProcessWritesAllRead) {
  const auto publisher = Open();
  const auto reader = Open();
  EXPECT_EQ(reader->Read(7).seq, 0u);
  EXPECT_EQ(publisher->Change(7, 100), 1u);
  EXPECT_EQ(publisher->Change(7, 200), 2u);
  EXPECT_EQ(reader->Read(7).seq, 2u);
  EXPECT_EQ(reader->Read(7).at_ns, 200);
  EXPECT_EQ(reader->Seq(KeyTable::kMaxKeys - 1), 0u);
}

TEST_F(KeyTableTest, CountsWatchersOfAKeyAndOfAll) {
  const auto table = Open();
  table->AddWatchers(1, 3);
  table->AddWatchers(2, 1);
  table->AddWatchers(1, -1);
  EXPECT_EQ(Open()->Watchers(1), 2u);
  EXPECT_EQ(Open()->AllWatchers(), 3u);
}

TEST_F(KeyTableTest, WaitsForWhatAllProcessesCover) {
  const auto publisher = Open();
  const auto other = Open();
  publisher->AddCovered(0, 3);
  EXPECT_TRUE(publisher->WaitCovered(3, MonotonicNs() + kSoon));
  EXPECT_FALSE(publisher->WaitCovered(4, MonotonicNs() + kSoon));
  std::thread client([&] { other->AddCovered(1, 1); });
  const int64_t deadline = MonotonicNs() + kLong;
  EXPECT_TRUE(publisher->WaitCovered(4, deadline));
  EXPECT_LT(MonotonicNs(), deadline);  // It was woken.
  client.join();
  EXPECT_EQ(other->Covered(), 4u);
}

TEST_F(KeyTableTest, TakesNoFileThatIsSomethingElse) {
  std::ofstream(file_) << "a letter";
  const auto table = KeyTable::Open(file_);
  ASSERT_FALSE(table.ok());
  EXPECT_NE(table.status().message().find("name a new file"), absl::string_view::npos);
  EXPECT_FALSE(KeyTable::Open("/nowhere/table").ok());
}

TEST_F(KeyTableTest, WithoutAFileItIsThisProcesssOwn) {
  const auto table = KeyTable::Open("");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->Change(1, 5), 1u);
  EXPECT_EQ((*table)->Read(1).at_ns, 5);
}

}  // namespace
}  // namespace entitysync::bench
