// The core on four real loops, with clients, changes, answers and faults from all sides at once,
// for ThreadSanitizer to watch. What the simulation proves in one thread is not repeated here: this
// looks for races, and for the last state reaching everybody.

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/asio_loop.h"
#include "gateway/base/gate.h"
#include "gateway/base/mutex.h"
#include "gateway/bus/in_process_bus.h"
#include "gateway/changelog/change_log.h"
#include "gateway/hub/hub.h"
#include "gateway/protocol/inflater.h"
#include "gateway/session/session_table.h"

namespace entitysync {
namespace {

constexpr int kLoops = 4;
constexpr int kKeys = 20;
constexpr int kSessionsPerLoop = 25;
constexpr int kRounds = 3000;

// Long enough to be compressed.
std::string RowOf(uint64_t version) { return std::to_string(version) + std::string(200, ' '); }

// An application whose keys count up; it answers on threads of its own.
class Application final : public fetch::EntitySource {
 public:
  Application() {
    for (std::thread& thread : threads_) thread = std::thread([this] { Serve(); });
  }
  ~Application() override { Stop(); }

  // Answers nothing from now on.
  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  std::unique_ptr<fetch::FetchCall> Fetch(std::span<const fetch::FetchRequest> requests,
                                          fetch::FetchDone done) override {
    Call call{{}, std::move(done)};
    for (const fetch::FetchRequest& request : requests) {
      call.keys.push_back(std::stoi(request.key.id));
    }
    const base::MutexLock lock(mutex_);
    calls_.push_back(std::move(call));
    return std::make_unique<fetch::FetchCall>();
  }
  size_t MaxItems() const override { return 5; }

  uint64_t Bump(int key) { return ++versions_[static_cast<size_t>(key)]; }
  uint64_t VersionOf(int key) const { return versions_[static_cast<size_t>(key)]; }

 private:
  struct Call {
    std::vector<int> keys;
    fetch::FetchDone done;
  };

  void Serve() {
    base::Random random(7);
    while (!stopping_) {
      std::optional<Call> call = Take();
      if (!call.has_value()) {
        std::this_thread::yield();
      } else if (call->keys.size() > 1 && random.Below(10) == 0) {
        call->done({});  // Not in one call.
      } else {
        fetch::FetchAnswers answers;
        for (const int key : call->keys) answers.push_back(Answer(key, random));
        call->done(std::move(answers));
      }
    }
  }
  fetch::FetchAnswer Answer(int key, base::Random& random) const {
    if (random.Below(10) == 0) return {absl::UnavailableError("now and then"), {}, {}};
    const uint64_t version = VersionOf(key);
    return {absl::OkStatus(), {RowOf(version)}, version};
  }
  std::optional<Call> Take() {
    const base::MutexLock lock(mutex_);
    if (calls_.empty()) return std::nullopt;
    Call call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }

  std::atomic<uint64_t> versions_[kKeys] = {};
  std::atomic<bool> stopping_{false};
  base::Mutex mutex_;
  std::deque<Call> calls_ ENTITYSYNC_GUARDED_BY(mutex_);
  std::thread threads_[2];
};

// A client that remembers the last row of each key. On its worker's loop.
class Client final : public session::Transport {
 public:
  explicit Client(base::Executor& loop) : loop_(loop) {}

  void Send(protocol::LocalFramePtr frame) override {
    std::string_view rest = frame->bytes();
    const protocol::MessageView message = protocol::TakeMessage(rest);
    const bool is_deflated =
        (message.bytes[0] & static_cast<char>(protocol::PayloadForm::kDeflated)) != 0;
    EXPECT_EQ(is_deflated, takes_deflated);
    if (is_deflated) inflater_.Inflate(message.payload);
    last_row = is_deflated ? inflater_.message() : message.payload;
  }
  size_t UnsentBytes() const override { return 0; }
  void WantWritable() override {}
  base::TimePoint LastProgress() const override { return loop_.Now(); }
  void Ping() override {}
  void SetReading(bool) override {}
  void Close(protocol::CloseCode, std::string_view) override {}

  std::string last_row;
  bool takes_deflated = false;
  int key = 0;
  session::ConnectionHandler* session = nullptr;

 private:
  base::Executor& loop_;
  protocol::Inflater inflater_{1'000};
};

class Worker final : public hub::DeliveryReceiver {
 public:
  void OnDeliveries(const hub::Deliveries& deliveries) override { table->OnDeliveries(deliveries); }
  base::AsioLoop loop{"stress"};
  std::unique_ptr<session::SessionTable> table;
  std::vector<std::unique_ptr<Client>> clients;
};

class StressTest : public ::testing::Test {
 protected:
  StressTest() {
    options_.coalescer.backoff_min = std::chrono::milliseconds(1);
    options_.coalescer.backoff_max = std::chrono::milliseconds(5);
    options_.coalescer.lag_backoff_max = std::chrono::milliseconds(5);
    std::vector<base::Executor*> loops;
    std::vector<hub::WorkerPort> ports;
    for (Worker& worker : workers_) {
      loops.push_back(&worker.loop);
      ports.push_back({&worker.loop, &worker});
    }
    hub_ =
        std::make_unique<hub::Hub>(options_, loops, ports, catalog_, metrics_, base::NullLogger());
    subs::WorkerIndex index = 0;
    for (Worker& worker : workers_) {
      worker.table = std::make_unique<session::SessionTable>(
          session::SessionTableOptions{.executor = worker.loop,
                                       .hub = *hub_,
                                       .catalog = catalog_,
                                       .sessions = session_options_,
                                       .metrics = metrics_.session,
                                       .logger = base::NullLogger(),
                                       .worker = index++,
                                       .connection_prefix = "stress"});
      worker.loop.Start();
    }
    log_ = std::make_unique<changelog::ChangeLog>(changelog::ChangeLogOptions{.origin = {"r1", 1}},
                                                  log_loop_, link_, *hub_, metrics_.bus,
                                                  base::NullLogger());
    log_loop_.Start();
    EXPECT_TRUE(log_->Start().ok());
  }

  ~StressTest() override {
    for (Worker& worker : workers_) {
      RunOn(worker.loop, [&] {
        for (const auto& client : worker.clients) client->session->OnClosed();
      });
    }
    RunOn(log_loop_, [&] { log_->Stop(); });
    link_.Stop();
    hub_->Stop();
    for (Worker& worker : workers_) RunOn(worker.loop, [] {});
    application_.Stop();
    for (Worker& worker : workers_) worker.loop.Stop();
    log_loop_.Stop();
  }

  static void RunOn(base::Executor& loop, base::Task task) {
    base::Gate done;
    loop.Post([&] {
      task();
      done.Open();
    });
    done.Wait();
  }

  static std::string Action(const std::string& action, int key) {
    return R"({"action":")" + action + R"(","body":{"entity":"items","id":")" +
           std::to_string(key) + "\"}}";
  }

  // One client's life: subscribes, changes its secret, leaves and comes back, all the time.
  static void Act(Client& client, base::Random& random) {
    switch (random.Below(4)) {
      case 0:
        return client.session->OnMessage(Action("unsubscribe", client.key), false);
      case 1:
        return client.session->OnMessage(
            R"({"action":"secret","body":")" + std::to_string(random.Below(3)) + "\"}", false);
      default:
        return client.session->OnMessage(Action("subscribe", client.key), false);
    }
  }

  Application application_;
  fetch::EntityCatalog catalog_{
      {}, fetch::EntityType{.classic_snapshot = true}, {{.source = &application_}}};
  prometheus::Registry registry_;
  metrics::Metrics metrics_{registry_};
  hub::HubOptions options_;
  session::SessionOptions session_options_{
      .max_messages_per_second = 0,
      .worker_subscribes_per_second = 0,
      .compression = protocol::DeflateOptions{.min_bytes = 100}};
  bus::InProcessBus bus_;
  bus::InProcessLink link_{bus_};
  base::AsioLoop log_loop_{"changelog"};
  Worker workers_[kLoops];
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<changelog::ChangeLog> log_;
};

TEST_F(StressTest, EverybodyEndsWithTheLastState) {
  for (Worker& worker : workers_) {
    RunOn(worker.loop, [&] {
      for (int i = 0; i < kSessionsPerLoop; ++i) {
        worker.clients.push_back(std::make_unique<Client>(worker.loop));
        Client& client = *worker.clients.back();
        client.key = i % kKeys;
        client.takes_deflated = i % 2 == 0;
        client.session =
            &worker.table->OnOpen(client, {.secret = "", .takes_deflated = client.takes_deflated});
        client.session->OnMessage(Action("subscribe", client.key), false);
      }
    });
  }
  std::atomic<int> confirmed{0};
  std::atomic<int> published{0};
  base::Random random(3);
  for (int round = 0; round < kRounds; ++round) {
    const int key = static_cast<int>(random.Below(kKeys));
    const uint64_t version = application_.Bump(key);
    std::optional<uint64_t> hint;
    if (random.Below(2) == 0) hint = version;
    ++published;
    log_->Publish({{{"items", std::to_string(key)}, hint}},
                  {.timeout = std::chrono::seconds(30), .may_gather = random.Below(2) == 0},
                  [&](absl::Status status) { confirmed += status.ok() ? 1 : 1000; });
    Worker& worker = workers_[random.Below(kLoops)];
    worker.loop.Post([&worker, seed = random.Next()] {
      base::Random own(seed);
      Act(*worker.clients[own.Below(worker.clients.size())], own);
    });
    if (round % 500 == 250) hub_->OnGap();
  }
  while (confirmed < published) std::this_thread::yield();
  // Everybody watches again, and is up to date in the end.
  for (Worker& worker : workers_) {
    RunOn(worker.loop, [&] {
      for (const auto& client : worker.clients) {
        client->session->OnMessage(Action("subscribe", client->key), false);
      }
    });
  }
  const auto all_current = [&] {
    int behind = 0;
    for (Worker& worker : workers_) {
      RunOn(worker.loop, [&] {
        for (const auto& client : worker.clients) {
          const bool current = client->last_row == RowOf(application_.VersionOf(client->key));
          behind += current ? 0 : 1;
        }
      });
    }
    return behind == 0;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  bool current = false;
  while (!(current = all_current()) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(current);
  EXPECT_EQ(confirmed, published) << "every publish was confirmed";
}

}  // namespace
}  // namespace entitysync
