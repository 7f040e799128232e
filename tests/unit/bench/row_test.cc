#include "bench/lib/row.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace entitysync::bench {
namespace {

void ExpectKept(const Row& row, size_t bytes) {
  std::string text;
  WriteRow(row, bytes, text);
  EXPECT_EQ(text.size(), bytes);
  const std::optional<Row> read = ReadRow(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->key, row.key);
  EXPECT_EQ(read->seq, row.seq);
  EXPECT_EQ(read->at_ns, row.at_ns);
  // And it is JSON that says the same.
  const boost::json::value json = boost::json::parse(text);
  EXPECT_EQ(json.at("key"), row.key);
  EXPECT_EQ(json.at("seq"), row.seq);
  EXPECT_EQ(json.at("at"), row.at_ns);
}

TEST(RowTest, KeepsWhatIsWritten) {
  ExpectKept({0, 0, 0}, kMinRowBytes);
  ExpectKept({7, 3, 12'345'678'901'234}, 128);
  ExpectKept({4'294'967'295u, 999'999'999'999, INT64_MAX}, 1'000);
}

TEST(RowTest, LongRowsAreWrittenWhole) { ExpectKept({1, 2, 3}, kMaxRowBytes); }

TEST(RowTest, WhatFillsItUpIsNotTheSameInEveryRow) {
  std::string one, other;
  WriteRow({1, 1, 0}, 1'000, one);
  WriteRow({1, 2, 0}, 1'000, other);
  EXPECT_NE(one.substr(500), other.substr(500));
}

TEST(RowTest, ReadsNothingElse) {
  EXPECT_FALSE(ReadRow("").has_value());
  EXPECT_FALSE(ReadRow(R"({"key":7,"seq":3})").has_value());
  EXPECT_FALSE(ReadRow(std::string(200, 'x')).has_value());
}

}  // namespace
}  // namespace entitysync::bench
