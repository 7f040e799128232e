#include "bench/load/clients.h"

#include <chrono>
#include <future>
#include <thread>

#include "bench/lib/clock.h"

namespace entitysync::bench {
namespace {

// How often it is looked whether all have arrived: seldom enough to leave the cores to those that
// deliver.
constexpr auto kSettlePause = std::chrono::milliseconds(2);

template <typename Count>
uint64_t UntilNone(int64_t deadline_ns, Count count) {
  for (;;) {
    const uint64_t left = count();
    if (left == 0 || MonotonicNs() >= deadline_ns) return left;
    std::this_thread::sleep_for(kSettlePause);
  }
}

}  // namespace

Clients::Clients(KeyTable& table, uint32_t process, uint32_t threads) {
  for (uint32_t i = 0; i < threads; ++i) {
    loops_.push_back(std::make_unique<ClientLoop>(table, process));
  }
}

template <typename Action>
void Clients::OnEach(Action action) {
  for (const auto& loop : loops_) loop->Do([&] { action(*loop); });
}

ConnectResult Clients::Connect(const WatchGroup& group) {
  groups_.push_back(std::make_unique<WatchGroup>(group));
  std::vector<std::promise<ConnectResult>> promises(loops_.size());
  for (uint32_t i = 0; i < loops_.size(); ++i) {
    loops_[i]->Do([&, i] {
      loops_[i]->Connect(*groups_.back(), i, static_cast<uint32_t>(loops_.size()),
                         [&, i](const ConnectResult& part) { promises[i].set_value(part); });
    });
  }
  ConnectResult result;
  for (std::promise<ConnectResult>& promise : promises) {
    const ConnectResult part = promise.get_future().get();
    result.connected += part.connected;
    result.compressed += part.compressed;
    result.failed += part.failed;
    if (result.first_failure.empty()) result.first_failure = part.first_failure;
    result.handshakes.Merge(part.handshakes);
  }
  return result;
}

void Clients::DisconnectAll() {
  OnEach([](ClientLoop& loop) { loop.DisconnectAll(); });
  groups_.clear();
}

void Clients::Baseline() {
  OnEach([](ClientLoop& loop) { loop.Baseline(); });
}

void Clients::ClearStats() {
  OnEach([](ClientLoop& loop) { loop.ClearStats(); });
}

ClientStats Clients::Stats() {
  ClientStats stats;
  OnEach([&](ClientLoop& loop) { stats.Merge(loop.stats()); });
  return stats;
}

uint64_t Clients::OpenConnections() {
  uint64_t count = 0;
  OnEach([&](ClientLoop& loop) { count += loop.open_connections(); });
  return count;
}

uint64_t Clients::Stale() {
  uint64_t stale = 0;
  OnEach([&](ClientLoop& loop) { stale += loop.Stale(/*set_aside=*/false); });
  return stale;
}

uint32_t Clients::Stall(uint32_t count) {
  uint32_t stalled = 0;
  OnEach([&](ClientLoop& loop) { stalled += loop.Stall(count - stalled); });
  return stalled;
}

uint64_t Clients::Resume(int64_t deadline_ns) {
  OnEach([](ClientLoop& loop) { loop.Resume(); });
  const uint64_t left = UntilNone(deadline_ns, [this] {
    uint64_t stale = 0;
    OnEach([&](ClientLoop& loop) { stale += loop.Stale(/*set_aside=*/true); });
    return stale;
  });
  OnEach([](ClientLoop& loop) { loop.Rejoin(); });
  return left;
}

uint64_t Clients::Settle(int64_t deadline_ns) {
  return UntilNone(deadline_ns, [this] { return Stale(); });
}

}  // namespace entitysync::bench
