#include <benchmark/benchmark.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <utility>

#include "bench/micro/direct_loop.h"
#include "gateway/fetch/coalescer.h"

namespace entitysync::bench {
namespace {

// An application with at most one question at a time, which is answered when the benchmark says so.
class HeldSource final : public fetch::EntitySource {
 public:
  std::unique_ptr<fetch::FetchCall> Fetch(std::span<const fetch::FetchRequest> requests,
                                          fetch::FetchDone done) override {
    benchmark::DoNotOptimize(requests.data());
    done_ = std::move(done);
    return std::make_unique<fetch::FetchCall>();
  }

  bool is_asked() const { return done_ != nullptr; }
  void Answer(fetch::FetchAnswer answer) {
    fetch::FetchAnswers answers;
    answers.push_back(std::move(answer));
    std::exchange(done_, nullptr)(std::move(answers));
  }

 private:
  fetch::FetchDone done_;
};

// One pair on one shard.
class Pair final : private fetch::OutcomeListener {
 public:
  Pair()
      : coalescer_(std::make_shared<fetch::Coalescer>(
            context_, type_, target_,
            std::make_shared<const base::EntityKey>(base::EntityKey{"items", "100"}),
            std::make_shared<const std::string>("secret"), 0,
            static_cast<fetch::OutcomeListener&>(*this))) {
    context_.bus_live = true;
  }

  void Change(uint64_t version) { coalescer_->OnChange(version); }

  // Carries out what is under way; answers the question if there is one.
  void Settle(uint64_t version) {
    loop_.Run();
    if (!source_.is_asked()) return;
    source_.Answer({absl::OkStatus(), {std::string(128, 'x')}, version});
    loop_.Run();
  }

  uint64_t outcomes() const { return outcomes_; }

 private:
  void OnOutcome(fetch::Judged judged) override {
    benchmark::DoNotOptimize(judged.answer.rows.data());
    ++outcomes_;
  }

  DirectLoop loop_;
  base::Random random_{1};
  prometheus::Registry registry_;
  metrics::HubMetrics metrics_{registry_};
  fetch::CoalescerOptions options_;
  fetch::CoalescerContext context_{.executor = loop_,
                                   .random = random_,
                                   .options = options_,
                                   .metrics = metrics_,
                                   .logger = base::NullLogger()};
  HeldSource source_;
  fetch::TargetAccess target_{
      .gate = {{.in_flight = 256, .revalidations_in_flight = 64, .queued = 10'000}, metrics_},
      .urgent = {loop_, source_, {}, metrics_},
      .revalidations = {loop_, source_, {}, metrics_}};
  fetch::EntityType type_;
  uint64_t outcomes_ = 0;
  std::shared_ptr<fetch::Coalescer> coalescer_;
};

void CoalescerChangeFetchAnswer(benchmark::State& state) {
  Pair pair;
  uint64_t version = 0;
  for (auto _ : state) {
    pair.Change(++version);
    pair.Settle(version);
  }
  if (pair.outcomes() != version) state.SkipWithError("not every change was answered");
}
BENCHMARK(CoalescerChangeFetchAnswer);

// A change while the question is under way.
void CoalescerChangeDuringFetch(benchmark::State& state) {
  Pair pair;
  uint64_t version = 0;
  pair.Change(++version);
  for (auto _ : state) pair.Change(++version);
  pair.Settle(version);
  if (pair.outcomes() != 1) state.SkipWithError("the changes were not coalesced");
}
BENCHMARK(CoalescerChangeDuringFetch);

}  // namespace
}  // namespace entitysync::bench
