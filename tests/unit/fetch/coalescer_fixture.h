#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/fetch/coalescer.h"
#include "tests/testing/fake_source.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::fetch {

// One pair on one shard, with an application that answers by hand.
class CoalescerTest : public ::testing::Test, protected OutcomeListener {
 protected:
  CoalescerTest() {
    context_.bus_live = true;
    coalescer_ = Make();
  }

  // Room for ten at once.
  TargetAccess WideTarget(BatchOptions urgent = {}) {
    return {.gate = {{.in_flight = 10, .revalidations_in_flight = 10, .queued = 10}, metrics_},
            .urgent = {loop_, source_, urgent, metrics_},
            .revalidations = {loop_, source_, {}, metrics_}};
  }

  std::shared_ptr<Coalescer> Make() { return Make(target_); }
  std::shared_ptr<Coalescer> Make(TargetAccess& target) {
    return std::make_shared<Coalescer>(
        context_, type_, target,
        std::make_shared<const base::EntityKey>(base::EntityKey{"items", "1"}),
        std::make_shared<const std::string>("s"), 0, static_cast<OutcomeListener&>(*this));
  }

  void OnOutcome(Judged judged) override {
    unexplained_ += judged.is_unexplained ? 1 : 0;
    outcomes_.push_back(judged.outcome);
    rows_.push_back(judged.answer.rows.empty() ? "" : judged.answer.rows.front());
  }

  void Answer(const std::string& row, std::optional<uint64_t> version = std::nullopt) {
    source_.AnswerRows({row}, version);
    loops_.RunReady();
  }
  void Fail(absl::StatusCode code) {
    source_.AnswerError(code);
    loops_.RunReady();
  }

  testing::ManualLoops loops_;
  base::Executor& loop_ = loops_.Add();
  base::Random random_{1};
  prometheus::Registry registry_;
  metrics::HubMetrics metrics_{registry_};
  CoalescerOptions options_;
  CoalescerContext context_{.executor = loop_,
                            .random = random_,
                            .options = options_,
                            .metrics = metrics_,
                            .logger = base::NullLogger()};
  testing::FakeSource source_;
  TargetAccess target_{
      .gate = {{.in_flight = 1, .revalidations_in_flight = 1, .queued = 10}, metrics_},
      .urgent = {loop_, source_, {}, metrics_},
      .revalidations = {loop_, source_, {}, metrics_}};
  EntityType type_;
  std::vector<Outcome> outcomes_;
  int unexplained_ = 0;
  std::vector<std::string> rows_;
  std::shared_ptr<Coalescer> coalescer_;
};

// The loop must think that the test is on it.
#define ON_LOOP(...)                  \
  do {                                \
    loop_.Post([&] { __VA_ARGS__; }); \
    loops_.RunReady();                \
  } while (false)

}  // namespace entitysync::fetch
