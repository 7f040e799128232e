#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/protocol/classic.h"
#include "gateway/session/shared_keys.h"
#include "gateway/session/watches.h"

namespace entitysync::bench {
namespace {

session::WorkerStatePtr StateOf(int64_t number) {
  const base::Rows rows{std::to_string(number)};
  auto state = std::make_shared<hub::State>();
  state->hash = base::HashRows(rows);
  state->classic = protocol::EncodeClassic(rows).frame;
  return new session::WorkerState(std::move(state));
}

// A state is put for every key that the connection watches, then all are taken to be sent.
void WatchesPutAndNext(benchmark::State& state) {
  session::SharedKeys keys;
  session::Watches watches;
  const auto count = static_cast<uint32_t>(state.range(0));
  for (uint32_t slot = 0; slot < count; ++slot) {
    watches.Add(keys.Acquire({"items", std::to_string(slot)}), slot + 1);
  }
  const std::vector<session::WorkerStatePtr> states = {StateOf(0), StateOf(1)};
  size_t round = 0;
  for (auto _ : state) {
    const session::WorkerStatePtr& next = states[++round % states.size()];
    for (uint32_t slot = 0; slot < count; ++slot) watches.Put(slot, next);
    while (const session::WorkerStatePtr sent = watches.Next())
      benchmark::DoNotOptimize(sent.get());
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(WatchesPutAndNext)->Arg(1)->Arg(16)->Arg(10'000);

// One state for many connections, as a worker delivers it.
void WatchesFanOut(benchmark::State& state) {
  session::SharedKeys keys;
  std::vector<session::Watches> connections(static_cast<size_t>(state.range(0)));
  for (session::Watches& watches : connections) watches.Add(keys.Acquire({"items", "100"}), 1);
  const std::vector<session::WorkerStatePtr> states = {StateOf(0), StateOf(1)};
  size_t round = 0;
  for (auto _ : state) {
    const session::WorkerStatePtr& next = states[++round % states.size()];
    for (session::Watches& watches : connections) {
      watches.Put(0, next);
      benchmark::DoNotOptimize(watches.Next());
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WatchesFanOut)->Arg(1'000)->Arg(10'000);

void WatchesAddAndRemove(benchmark::State& state) {
  session::SharedKeys keys;
  session::Watches watches;
  for (int64_t i = 0; i < state.range(0); ++i) {
    watches.Add(keys.Acquire({"items", std::to_string(i)}), static_cast<uint64_t>(i + 1));
  }
  const base::KeyPtr key = keys.Acquire({"items", "one more"});
  for (auto _ : state) watches.Remove(watches.Add(key, 1'000'000));
}
BENCHMARK(WatchesAddAndRemove)->Arg(1)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace entitysync::bench
