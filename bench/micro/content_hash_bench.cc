#include <benchmark/benchmark.h>

#include <string>

#include "gateway/base/content_hash.h"
#include "gateway/base/entity_key.h"

namespace entitysync::bench {
namespace {

// Rows and bytes in each.
void ContentHashOfRows(benchmark::State& state) {
  const base::Rows rows(static_cast<size_t>(state.range(0)),
                        std::string(static_cast<size_t>(state.range(1)), 'x'));
  for (auto _ : state) benchmark::DoNotOptimize(base::HashRows(rows));
  state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(ContentHashOfRows)->Args({1, 128})->Args({1, 4'096})->Args({100, 128});

void StableHashOfKey(benchmark::State& state) {
  const base::EntityKey key{"items", "100000"};
  for (auto _ : state) benchmark::DoNotOptimize(base::StableHash(key));
}
BENCHMARK(StableHashOfKey);

}  // namespace
}  // namespace entitysync::bench
