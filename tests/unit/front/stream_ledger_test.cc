#include "gateway/front/stream_ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace entitysync::front {
namespace {

using Ticket = StreamLedger::Ticket;

absl::Status Unavailable(const std::string& message = "no echo") {
  return absl::UnavailableError(message);
}

// What a response says: up to where, and who failed.
std::pair<uint64_t, std::vector<uint64_t>> Tell(StreamLedger& ledger) {
  const v1::NotifyChangesResponse response = ledger.TakeNews();
  ledger.Told();
  std::vector<uint64_t> failed;
  for (const v1::NotifyChangesFailure& failure : response.failures()) {
    failed.push_back(failure.sequence());
  }
  return {response.acknowledged(), failed};
}

using Told = std::pair<uint64_t, std::vector<uint64_t>>;

TEST(StreamLedgerTest, OneAnswerStandsForAllUpToIt) {
  StreamLedger ledger;
  const Ticket first = ledger.Add(10, 1);
  const Ticket second = ledger.Add(20, 2);
  const Ticket third = ledger.Add(35, 3);
  EXPECT_FALSE(ledger.HasNews());
  for (const Ticket ticket : {first, second, third}) ledger.Settle(ticket, absl::OkStatus());
  ASSERT_TRUE(ledger.HasNews());
  EXPECT_EQ(Tell(ledger), Told(35, {}));
  EXPECT_FALSE(ledger.HasNews());
  EXPECT_TRUE(ledger.IsSettled());
}

TEST(StreamLedgerTest, WhatIsSettledBehindOneThatIsNotWaitsForIt) {
  StreamLedger ledger;
  const Ticket first = ledger.Add(1, 1);
  const Ticket second = ledger.Add(2, 1);
  ledger.Settle(second, absl::OkStatus());
  EXPECT_FALSE(ledger.HasNews());
  ledger.Settle(first, absl::OkStatus());
  EXPECT_EQ(Tell(ledger), Told(2, {}));
}

TEST(StreamLedgerTest, AFailureIsToldAtOnceAndTheRequestCountsAsSettled) {
  StreamLedger ledger;
  const Ticket first = ledger.Add(1, 1);
  const Ticket second = ledger.Add(2, 1);
  ledger.Settle(second, Unavailable());
  EXPECT_EQ(Tell(ledger), Told(0, {2}));
  ledger.Settle(first, absl::OkStatus());
  EXPECT_EQ(Tell(ledger), Told(2, {}));
}

TEST(StreamLedgerTest, AFailureSaysWhyInGrpcsTerms) {
  StreamLedger ledger;
  ledger.Settle(ledger.Add(1, 0), absl::InvalidArgumentError("changes[0]: id is empty"));
  const v1::NotifyChangesResponse response = ledger.TakeNews();
  ASSERT_EQ(response.failures_size(), 1);
  EXPECT_EQ(response.failures(0).code(), 3);
  EXPECT_EQ(response.failures(0).message(), "changes[0]: id is empty");
}

TEST(StreamLedgerTest, SettlingSaysHowManyChangesTheRequestHas) {
  StreamLedger ledger;
  EXPECT_EQ(ledger.Settle(ledger.Add(1, 5), absl::OkStatus()), 5u);
}

TEST(StreamLedgerTest, ChangesAreHeldUntilTheirAnswerIsWritten) {
  StreamLedger ledger;
  const Ticket first = ledger.Add(1, 3);
  const Ticket second = ledger.Add(2, 4);
  EXPECT_EQ(ledger.held(), 7u);
  ledger.Settle(first, absl::OkStatus());
  EXPECT_EQ(ledger.held(), 7u);
  ledger.TakeNews();
  ledger.Settle(second, absl::OkStatus());
  EXPECT_EQ(ledger.held(), 7u) << "the answer is on its way";
  ledger.Told();
  EXPECT_EQ(ledger.held(), 4u);
  Tell(ledger);
  EXPECT_EQ(ledger.held(), 0u);
}

// So that requests without changes are bounded too, however many wait behind one that is not
// settled.
TEST(StreamLedgerTest, ARequestCountsAsOneChangeAtLeast) {
  StreamLedger ledger;
  const Ticket first = ledger.Add(1, 1);
  ledger.Settle(ledger.Add(2, 0), absl::OkStatus());
  EXPECT_EQ(ledger.held(), 2u);
  ledger.Settle(first, absl::OkStatus());
  Tell(ledger);
  EXPECT_EQ(ledger.held(), 0u);
}

TEST(StreamLedgerTest, AFailureCountsByTheMemoryItTakes) {
  StreamLedger ledger;
  const std::string message(10 * StreamLedger::kBytesPerChange, 'x');
  const Ticket ticket = ledger.Add(1, 0);
  ledger.Settle(ticket, Unavailable(message));
  EXPECT_EQ(ledger.held(), 12u);
  Tell(ledger);
  EXPECT_EQ(ledger.held(), 0u);
}

TEST(StreamLedgerTest, AResponseIsBoundedAndAcknowledgesNothingBeforeItsFailureIsTold) {
  StreamLedger ledger;
  constexpr size_t kRequests = StreamLedger::kMaxFailuresTold + 1;
  for (uint64_t sequence = 1; sequence <= kRequests; ++sequence) ledger.Add(sequence, 1);
  for (Ticket ticket = 0; ticket < kRequests; ++ticket) ledger.Settle(ticket, Unavailable());
  auto [acknowledged, failed] = Tell(ledger);
  EXPECT_EQ(acknowledged, 0u);
  EXPECT_EQ(failed.size(), StreamLedger::kMaxFailuresTold);
  EXPECT_EQ(ledger.held(), kRequests + 1);
  ASSERT_TRUE(ledger.HasNews());
  EXPECT_EQ(Tell(ledger), Told(kRequests, {kRequests}));
  EXPECT_EQ(ledger.held(), 0u);
}

TEST(StreamLedgerTest, LongMessagesMakeAResponseShorter) {
  StreamLedger ledger;
  const std::string message(2048, 'x');
  for (uint64_t sequence = 1; sequence <= 1'000; ++sequence) ledger.Add(sequence, 0);
  for (Ticket ticket = 0; ticket < 1'000; ++ticket) ledger.Settle(ticket, Unavailable(message));
  size_t told = 0;
  while (ledger.HasNews()) {
    const v1::NotifyChangesResponse response = ledger.TakeNews();
    EXPECT_LT(response.ByteSizeLong(), 2u * 1024 * 1024);
    told += static_cast<size_t>(response.failures_size());
    ledger.Told();
  }
  EXPECT_EQ(told, 1'000u);
}

}  // namespace
}  // namespace entitysync::front
