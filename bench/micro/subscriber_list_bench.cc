#include <benchmark/benchmark.h>

#include "gateway/subs/subscriber_list.h"

namespace entitysync::bench {
namespace {

void Fill(subs::SubscriberList& list, int64_t size) {
  for (int64_t i = 1; i <= size; ++i) {
    list.Add({.ref = {.id = static_cast<subs::SubscriptionId>(i)}});
  }
}

void SubscriberListAddAndRemove(benchmark::State& state) {
  subs::SubscriberList list;
  Fill(list, state.range(0));
  auto oldest = subs::SubscriptionId{1};
  auto newest = static_cast<subs::SubscriptionId>(state.range(0));
  for (auto _ : state) {
    list.Add({.ref = {.id = ++newest}});
    benchmark::DoNotOptimize(list.Remove(oldest++));
  }
}
BENCHMARK(SubscriberListAddAndRemove)->Arg(1)->Arg(1'000)->Arg(100'000);

// As a shard does for each state: who does not have it yet?
void SubscriberListWalk(benchmark::State& state) {
  subs::SubscriberList list;
  Fill(list, state.range(0));
  uint64_t version = 0;
  for (auto _ : state) {
    const base::ContentHash hash{++version, version};
    for (subs::Subscriber& subscriber : list.all()) {
      if (subscriber.handed_hash == hash) continue;
      subscriber.handed_hash = hash;
      subscriber.handed_version = version;
      benchmark::DoNotOptimize(subscriber.ref);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(SubscriberListWalk)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace entitysync::bench
