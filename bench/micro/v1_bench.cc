#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/protocol/classic.h"
#include "gateway/protocol/json_patch.h"
#include "gateway/protocol/v1.h"
#include "gateway/protocol/v1_state.h"

namespace entitysync::bench {
namespace {

constexpr std::string_view kKnown = "1234567.0123456789abcdef0123456789abcdef";

// A client comes back with this many keys, and has them all.
std::string ResumeJson(int64_t keys) {
  std::string message = R"({"action":"subscribe","ref":1,"body":[)";
  for (int64_t i = 0; i < keys; ++i) {
    message += i == 0 ? "" : ",";
    message += R"({"entity":"items","id":"3f2504e0-4f89-11d3-9a0c-0305e82c)" +
               std::to_string(1000 + i) + R"(","patches":true,"known":")";
    message.append(kKnown).append("\"}");
  }
  return message + "]}";
}

void V1DecodeResumeJson(benchmark::State& state) {
  const std::string message = ResumeJson(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(protocol::DecodeV1(protocol::V1Form::kJson, message, false));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(V1DecodeResumeJson)->Arg(1)->Arg(1'000);

void V1DecodeResumeProto(benchmark::State& state) {
  const auto read = protocol::DecodeV1(protocol::V1Form::kJson, ResumeJson(state.range(0)), false);
  const std::string message = read->message.SerializeAsString();
  for (auto _ : state) {
    benchmark::DoNotOptimize(protocol::DecodeV1(protocol::V1Form::kProto, message, true));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(V1DecodeResumeProto)->Arg(1)->Arg(1'000);

// A row of about `bytes`, in members of 50.
std::string RowOf(int64_t bytes, int number) {
  std::string row = R"({"n":)" + std::to_string(number);
  for (int64_t i = 0; i * 50 < bytes; ++i) {
    row += R"(,"member )" + std::to_string(i) + R"(":"some text, as long as that")";
  }
  return row + "}";
}

const base::KeyPtr kKey = std::make_shared<const base::EntityKey>(base::EntityKey{"items", "1"});

protocol::V1State StateOf(int64_t bytes, int number, const protocol::V1State* before = nullptr) {
  const base::Rows rows{RowOf(bytes, number)};
  return {kKey,
          {.number = static_cast<uint64_t>(number), .hash = base::HashRows(rows)},
          protocol::EncodeClassic(rows).frame,
          before};
}

// Made and encoded once, for all who watch: the whole state,
void V1EncodeState(benchmark::State& state) {
  const auto form = static_cast<protocol::V1Form>(state.range(1));
  for (auto _ : state) {
    const protocol::V1State made = StateOf(state.range(0), 1);
    benchmark::DoNotOptimize(made.Full(form, nullptr));
  }
}
BENCHMARK(V1EncodeState)->ArgsProduct({{100, 1'000, 10'000}, {0, 1}});

// or a patch, the whole state being made to compare with.
void V1EncodePatch(benchmark::State& state) {
  const protocol::V1State base = StateOf(state.range(0), 1);
  for (auto _ : state) {
    const protocol::V1State made = StateOf(state.range(0), 2, &base);
    benchmark::DoNotOptimize(made.PatchFrom(base.version(), protocol::V1Form::kJson, nullptr));
  }
}
BENCHMARK(V1EncodePatch)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace entitysync::bench
