#include "gateway/changelog/change_log.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tests/testing/fake_link.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::changelog {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// One replica's changelog on a fake bus.
struct Replica final : ChangeSink {
  Replica(testing::ManualLoops& loops, testing::FakeBus& bus, const std::string& name,
          uint64_t epoch, const std::string& prefix = "es")
      : link(bus),
        metrics(registry),
        log({.prefix = prefix, .origin = {name, epoch}, .max_waiting_bytes = 70 * 1000},
            loops.Add(), link, static_cast<ChangeSink&>(*this), metrics, base::NullLogger()) {}

  void OnChanges(std::vector<Change> changes) override {
    for (const Change& change : changes) heard.push_back(change.key.id);
  }
  void OnGap() override { ++gaps; }
  void OnBusLive(bool now_live) override {
    live = now_live;
    gaps += now_live ? 1 : 0;  // It is one.
    was_live_when_told = log.is_live();
  }

  testing::FakeLink link;
  prometheus::Registry registry;
  metrics::BusMetrics metrics;
  std::vector<std::string> heard;
  int gaps = 0;
  bool live = false;
  bool was_live_when_told = false;
  ChangeLog log;
};

class ChangeLogTest : public ::testing::Test {
 protected:
  // Time passes, so that each has heard the others' heartbeats.
  void HearHeartbeats() {
    loops_.Advance(seconds(1));
    Settle();
  }
  // Lets messages and tasks go on until nothing moves.
  void Settle() {
    for (int i = 0; i < 5; ++i) {
      loops_.RunReady();
      bus_.DeliverAll();
    }
    loops_.RunReady();
  }
  void Start(Replica& replica) {
    ASSERT_TRUE(replica.log.Start().ok());
    replica.link.Connect();
    Settle();
    replica.gaps = 0;
  }
  std::optional<absl::Status>& Publish(Replica& replica, const std::string& id,
                                       PublishTerms terms = {.timeout = seconds(2)}) {
    results_.push_back(std::nullopt);
    std::optional<absl::Status>& result = results_.back();
    replica.log.Publish({{{"items", id}, std::nullopt}}, terms,
                        [&result](absl::Status status) { result = std::move(status); });
    return result;
  }

  testing::ManualLoops loops_;
  testing::FakeBus bus_;
  std::deque<std::optional<absl::Status>> results_;
  Replica a_{loops_, bus_, "a", 1000};
  Replica b_{loops_, bus_, "b", 2000};
};

TEST_F(ChangeLogTest, AChangeReachesEveryReplicaTheSameWay) {
  Start(a_);
  Start(b_);
  const auto& result = Publish(a_, "1");
  Settle();
  EXPECT_EQ(result, absl::OkStatus());
  EXPECT_EQ(a_.heard, std::vector<std::string>{"1"});
  EXPECT_EQ(b_.heard, std::vector<std::string>{"1"});
  EXPECT_EQ(b_.gaps, 0);
}

TEST_F(ChangeLogTest, OkComesOnlyWithTheEcho) {
  Start(a_);
  const auto& result = Publish(a_, "1");
  loops_.RunReady();
  EXPECT_FALSE(result.has_value()) << "published, but nothing came back yet";
  Settle();
  EXPECT_TRUE(result.has_value());
}

TEST_F(ChangeLogTest, ItIsLiveOnlyWhenItsSubscriptionIsConfirmed) {
  ASSERT_TRUE(a_.log.Start().ok());
  EXPECT_FALSE(a_.log.is_live());
  a_.link.Connect();
  loops_.RunReady();
  EXPECT_FALSE(a_.log.is_live());
  Settle();
  EXPECT_TRUE(a_.log.is_live());
  EXPECT_TRUE(a_.live);
  EXPECT_EQ(a_.gaps, 1) << "who subscribed before is revalidated";
  EXPECT_FALSE(a_.was_live_when_told) << "who comes because it is live subscribes behind the gap";
}

TEST_F(ChangeLogTest, WithoutABusItAnswersUnavailableInTime) {
  ASSERT_TRUE(a_.log.Start().ok());
  const auto& result = Publish(a_, "1", {.timeout = milliseconds(500)});
  loops_.Advance(milliseconds(499));
  EXPECT_FALSE(result.has_value());
  loops_.Advance(milliseconds(1));
  EXPECT_EQ(result->code(), absl::StatusCode::kUnavailable);
}

TEST_F(ChangeLogTest, ABusThatComesBackInTimeGetsTheChange) {
  Start(a_);
  a_.link.Disconnect();
  const auto& result = Publish(a_, "1");
  loops_.Advance(seconds(1));
  EXPECT_FALSE(a_.log.is_live());
  a_.link.Connect();
  Settle();
  EXPECT_EQ(result, absl::OkStatus());
  EXPECT_EQ(a_.heard, std::vector<std::string>{"1"});
  EXPECT_EQ(a_.gaps, 1) << "what others said meanwhile was missed";
}

// A client library may accept into the buffer of a dead connection; the round trip after the
// reconnect then proves nothing about what came before it.
TEST_F(ChangeLogTest, AnEchoUnderAnotherConnectionProvesNothing) {
  Start(a_);
  Start(b_);
  a_.link.is_buffering = true;
  const auto& result = Publish(a_, "1");
  loops_.RunReady();
  a_.link.is_buffering = false;
  a_.link.Disconnect();
  a_.link.Connect();
  Settle();
  EXPECT_EQ(result, absl::OkStatus());
  EXPECT_EQ(b_.heard, std::vector<std::string>{"1"}) << "it must have been published again";
}

TEST_F(ChangeLogTest, ALostRoundIsFollowedByAnother) {
  Start(a_);
  const auto& result = Publish(a_, "1");
  loops_.RunReady();
  bus_.LoseAll();
  loops_.Advance(ConfirmedPublisher::kRoundTimeout);
  Settle();
  EXPECT_EQ(result, absl::OkStatus());
}

TEST_F(ChangeLogTest, ALateEchoStillCounts) {
  Start(a_);
  const auto& result = Publish(a_, "1");
  loops_.Advance(ConfirmedPublisher::kRoundTimeout + milliseconds(500));
  EXPECT_FALSE(result.has_value());
  bus_.DeliverAll();  // The first round's echo comes first, and is enough.
  loops_.RunReady();
  EXPECT_EQ(result, absl::OkStatus());
}

TEST_F(ChangeLogTest, WhatIsOutIsConfirmedAlthoughTheLinkTakesNoMore) {
  Start(a_);
  const auto& first = Publish(a_, "1");
  loops_.RunReady();
  bus_.LoseAll();
  loops_.Advance(milliseconds(500));
  a_.link.room = 0;
  const auto& second = Publish(a_, "2");
  loops_.Advance(milliseconds(600));
  a_.link.room = 1;  // For one message at a time only: the round must be it.
  loops_.Advance(milliseconds(100));
  Settle();
  EXPECT_EQ(first, absl::OkStatus());
  EXPECT_FALSE(second.has_value());
}

TEST_F(ChangeLogTest, EveryLossIsPassedOnAtOnce) {
  Start(a_);
  for (int i = 0; i < 5; ++i) a_.link.ReportDropped(1);
  loops_.RunReady();
  EXPECT_EQ(a_.gaps, 5) << "until it is told, the sink takes what it has for true";
}

TEST_F(ChangeLogTest, AFullLinkIsTriedAgainWithoutUsingUpNumbers) {
  Start(a_);
  Start(b_);
  a_.link.is_full = true;
  const auto& result = Publish(a_, "1");
  loops_.Advance(milliseconds(200));
  a_.link.is_full = false;
  loops_.Advance(milliseconds(100));
  Settle();
  EXPECT_EQ(result, absl::OkStatus());
  EXPECT_EQ(b_.gaps, 0);
}

TEST_F(ChangeLogTest, CallsOfOneTurnShareMessagesAndOneRound) {
  Start(a_);
  const int before = a_.link.published;
  for (int i = 0; i < 10; ++i) Publish(a_, std::to_string(i));
  Settle();
  EXPECT_EQ(a_.link.published - before, 2) << "one batch, one round";
  EXPECT_EQ(a_.heard.size(), 10u);
  for (const auto& result : results_) EXPECT_EQ(result, absl::OkStatus());
}

TEST_F(ChangeLogTest, CallsOfOneTurnEndFromTheLastToTheFirst) {
  Start(a_);
  std::vector<int> ended;
  for (int i = 0; i < 3; ++i) {
    a_.log.Publish({{{"items", "1"}, {}}}, {.timeout = seconds(2)},
                   [&ended, i](const absl::Status&) { ended.push_back(i); });
  }
  Settle();
  EXPECT_EQ(ended, (std::vector<int>{2, 1, 0}));
}

TEST_F(ChangeLogTest, CallsThatArePublishedTogetherEndEachAtItsOwnDeadline) {
  Start(a_);
  a_.link.Disconnect();
  const auto& patient = Publish(a_, "1", {.timeout = seconds(3)});
  const auto& hasty = Publish(a_, "2", {.timeout = seconds(1)});
  const auto& usual = Publish(a_, "3", {.timeout = seconds(2)});
  loops_.Advance(seconds(1));
  ASSERT_TRUE(hasty.has_value());
  EXPECT_EQ(hasty->code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(usual.has_value());
  loops_.Advance(seconds(1));
  EXPECT_TRUE(usual.has_value());
  EXPECT_FALSE(patient.has_value());
  a_.link.Connect();
  Settle();
  EXPECT_EQ(patient, absl::OkStatus());
}

TEST_F(ChangeLogTest, MemoryIsCountedUntilAllThatWerePublishedTogetherHaveEnded) {
  Start(a_);
  a_.link.Disconnect();
  std::vector<Change> many(900, Change{{"items", "1"}, std::nullopt});
  a_.log.Publish(many, {.timeout = seconds(1)}, [](const absl::Status&) {});
  Publish(a_, "1", {.timeout = seconds(2)});
  loops_.Advance(milliseconds(1500));
  absl::Status status;
  const auto publish_many = [&] {
    a_.log.Publish(many, {.timeout = seconds(1)}, [&](absl::Status s) { status = std::move(s); });
  };
  publish_many();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << "it would be published again";
  loops_.Advance(milliseconds(500));
  status = absl::OkStatus();
  publish_many();
  EXPECT_TRUE(status.ok());
}

TEST_F(ChangeLogTest, TooManyWaitingChangesAreRefusedAtOnce) {
  std::vector<Change> many(1001, Change{{"items", "1"}, std::nullopt});
  absl::Status status;
  a_.log.Publish(std::move(many), {.timeout = seconds(2)},
                 [&](absl::Status s) { status = std::move(s); });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ChangeLogTest, ALostBatchIsNoticedByTheNextNumberOrHeartbeat) {
  Start(a_);
  Start(b_);
  HearHeartbeats();
  Publish(a_, "1");
  loops_.RunReady();
  bus_.LoseAll(&b_.link);
  Settle();
  EXPECT_EQ(b_.gaps, 0);
  Publish(a_, "2");
  Settle();
  EXPECT_EQ(b_.gaps, 1);

  Publish(a_, "3");
  loops_.RunReady();
  bus_.LoseAll(&b_.link);
  for (int i = 0; i < 3; ++i) {
    loops_.Advance(seconds(1));
    Settle();
  }
  EXPECT_EQ(b_.gaps, 2);
}

TEST_F(ChangeLogTest, DroppedMessagesAreAGap) {
  Start(a_);
  a_.link.ReportDropped(3);
  Settle();
  EXPECT_EQ(a_.gaps, 1);
  EXPECT_EQ(a_.metrics.messages_dropped.Value(), 3);
}

TEST_F(ChangeLogTest, AReplicaThatSaysGoodbyeIsNotMissed) {
  Start(a_);
  Start(b_);
  b_.log.Stop();
  Settle();
  for (int i = 0; i < 5; ++i) {
    loops_.Advance(seconds(1));
    Settle();
  }
  EXPECT_EQ(a_.gaps, 0);
}

TEST_F(ChangeLogTest, AReplicaThatFallsSilentIsAGap) {
  Start(a_);
  Start(b_);
  HearHeartbeats();
  b_.link.Disconnect();
  for (int i = 0; i < 5; ++i) {
    loops_.Advance(seconds(1));
    Settle();
  }
  EXPECT_EQ(a_.gaps, 1);
}

TEST_F(ChangeLogTest, StopAnswersWhoWaits) {
  Start(a_);
  a_.link.Disconnect();
  const auto& result = Publish(a_, "1");
  loops_.RunReady();
  a_.log.Stop();
  EXPECT_EQ(result->code(), absl::StatusCode::kUnavailable);
  const auto& later = Publish(a_, "2");
  loops_.RunReady();
  EXPECT_EQ(later->code(), absl::StatusCode::kUnavailable);
}

TEST_F(ChangeLogTest, WhatMayWaitIsGatheredWhileMoreCome) {
  constexpr PublishTerms kPatient{.timeout = seconds(2), .may_gather = true};
  Start(a_);
  const auto& first = Publish(a_, "1", kPatient);
  Settle();
  EXPECT_EQ(first, absl::OkStatus()) << "nothing was gathered before: it goes at once";
  const int before = a_.link.published;
  const auto& second = Publish(a_, "2", kPatient);
  loops_.Advance(microseconds(500));
  const auto& third = Publish(a_, "3", kPatient);
  loops_.Advance(microseconds(499));
  EXPECT_EQ(a_.link.published, before);
  loops_.Advance(microseconds(1));
  Settle();
  EXPECT_EQ(a_.link.published - before, 2) << "one batch, one round";
  EXPECT_EQ(second, absl::OkStatus());
  EXPECT_EQ(third, absl::OkStatus());

  loops_.Advance(milliseconds(1));
  const auto& much_later = Publish(a_, "4", kPatient);
  Settle();
  EXPECT_EQ(much_later, absl::OkStatus());
}

TEST_F(ChangeLogTest, WhatMayNotWaitTakesThoseAlongThatDo) {
  constexpr PublishTerms kPatient{.timeout = seconds(2), .may_gather = true};
  Start(a_);
  Publish(a_, "1", kPatient);
  Settle();
  const auto& waiting = Publish(a_, "2", kPatient);
  Settle();
  EXPECT_FALSE(waiting.has_value());
  const auto& urgent = Publish(a_, "3");
  Settle();
  EXPECT_EQ(urgent, absl::OkStatus());
  EXPECT_EQ(waiting, absl::OkStatus());
}

TEST_F(ChangeLogTest, StopAnswersWhatIsGathered) {
  constexpr PublishTerms kPatient{.timeout = seconds(2), .may_gather = true};
  Start(a_);
  Publish(a_, "1", kPatient);
  Settle();
  const auto& waiting = Publish(a_, "2", kPatient);
  a_.log.Stop();
  ASSERT_TRUE(waiting.has_value());
  EXPECT_EQ(waiting->code(), absl::StatusCode::kUnavailable);
  const auto& late = Publish(a_, "3", kPatient);
  loops_.RunReady();
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->code(), absl::StatusCode::kUnavailable);
}

TEST_F(ChangeLogTest, TwoDeploymentsOnOneBusDoNotHearEachOther) {
  Replica other(loops_, bus_, "a", 1000, "es.change");
  Start(a_);
  Start(other);
  Publish(a_, "1");
  Publish(other, "2");
  Settle();
  EXPECT_EQ(a_.heard, std::vector<std::string>{"1"});
  EXPECT_EQ(other.heard, std::vector<std::string>{"2"});
}

TEST_F(ChangeLogTest, BytesThatAreNoBusMessageAreCountedAndSkipped) {
  Start(a_);
  Start(b_);
  ASSERT_TRUE(b_.link.Publish("es.change.items.0", "\xFF\xFF").ok());
  Settle();
  EXPECT_EQ(a_.metrics.messages_malformed.Value(), 1);
  EXPECT_TRUE(a_.heard.empty());
}

}  // namespace
}  // namespace entitysync::changelog
