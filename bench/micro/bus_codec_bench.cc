#include <benchmark/benchmark.h>

#include <string>

#include "gateway/changelog/bus_codec.h"

namespace entitysync::bench {
namespace {

const changelog::Origin kOrigin{.replica = "643449eadf2728c0", .epoch = 1'700'000'000'000};

changelog::BatchBody BatchOf(int64_t changes) {
  changelog::BatchBody batch{.number = 123'456, .changes = {}};
  for (int64_t i = 0; i < changes; ++i) {
    batch.changes.push_back({{"items", std::to_string(100'000 + i)}, static_cast<uint64_t>(i)});
  }
  return batch;
}

void BusEncode(benchmark::State& state) {
  const changelog::BatchBody batch = BatchOf(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(changelog::EncodeBusMessage(kOrigin, batch));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BusEncode)->Arg(1)->Arg(100);

void BusDecode(benchmark::State& state) {
  const std::string bytes = changelog::EncodeBusMessage(kOrigin, BatchOf(state.range(0)));
  if (!changelog::DecodeBusMessage(bytes).ok()) {
    return state.SkipWithError("the message cannot be read");
  }
  for (auto _ : state) benchmark::DoNotOptimize(changelog::DecodeBusMessage(bytes));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BusDecode)->Arg(1)->Arg(100);

}  // namespace
}  // namespace entitysync::bench
