#include <benchmark/benchmark.h>

#include <string>

#include "gateway/protocol/classic.h"

namespace entitysync::bench {
namespace {

void Decode(benchmark::State& state, const std::string& message,
            protocol::ClassicMessage::Kind kind) {
  if (protocol::DecodeClassic(message, /*is_binary=*/false).kind != kind) {
    return state.SkipWithError("the message is understood in another way");
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(protocol::DecodeClassic(message, /*is_binary=*/false));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(message.size()));
}

void ClassicDecodeSubscribe(benchmark::State& state) {
  Decode(state, R"({"action":"subscribe","body":{"entity":"items","id":"100"}})",
         protocol::ClassicMessage::Kind::kSubscribe);
}
BENCHMARK(ClassicDecodeSubscribe);

void ClassicDecodeSecret(benchmark::State& state) {
  Decode(state, R"({"action":"secret","body":"my-super-secret"})",
         protocol::ClassicMessage::Kind::kSecret);
}
BENCHMARK(ClassicDecodeSecret);

void ClassicDecodeOther(benchmark::State& state) {
  Decode(state, R"({"method":"move","x":1.5,"y":[1,2,3],"to":{"room":"kitchen"}})",
         protocol::ClassicMessage::Kind::kPassThrough);
}
BENCHMARK(ClassicDecodeOther);

// Rows and bytes in each.
void ClassicEncode(benchmark::State& state) {
  const base::Rows rows(static_cast<size_t>(state.range(0)),
                        std::string(static_cast<size_t>(state.range(1)), 'x'));
  for (auto _ : state) benchmark::DoNotOptimize(protocol::EncodeClassic(rows));
  state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1));
}
BENCHMARK(ClassicEncode)->Args({1, 128})->Args({1, 4'096})->Args({100, 128});

}  // namespace
}  // namespace entitysync::bench
