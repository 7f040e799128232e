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

// Long enough to be compressed, and for a patch to be worth it.
std::string RowOf(std::string_view version) {
  return R"({"n":)" + std::string(version) + R"(,"text":")" + std::string(500, ' ') + "\"}";
}
std::string RowOf(uint64_t version) { return RowOf(std::to_string(version)); }

// The connections of a loop take turns in what they speak.
enum class Speaks : uint8_t { kClassic, kJson, kProto };

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

// A client that remembers the row it was shown last. On its worker's loop.
class Client final : public session::Transport {
 public:
  Client(base::Executor& loop, Speaks its_dialect, bool does_take_deflated)
      : speaks(its_dialect), takes_deflated(does_take_deflated), loop_(loop) {}

  void Open(session::ConnectionAcceptor& acceptor) {
    session::Handshake handshake{.secret = "", .takes_deflated = takes_deflated};
    if (speaks == Speaks::kJson) handshake.v1 = protocol::V1Form::kJson;
    if (speaks == Speaks::kProto) handshake.v1 = protocol::V1Form::kProto;
    session = &acceptor.OnOpen(*this, std::move(handshake));
  }

  // Says what it wants of its key, in its dialect.
  void Subscribe() {
    const std::string members = R"({"entity":"items","id":")" + std::to_string(key) + "\"";
    if (speaks == Speaks::kProto) {
      client::v1::ClientMessage message;
      client::v1::Subscription& wanted = *message.mutable_subscribe()->add_subscriptions();
      wanted.set_entity("items");
      wanted.set_id(std::to_string(key));
      wanted.set_patches(true);
      return session->OnMessage(message.SerializeAsString(), true);
    }
    const std::string options = speaks == Speaks::kJson ? R"(,"patches":true)" : "";
    session->OnMessage(R"({"action":"subscribe","body":)" + members + options + "}}", false);
  }
  void Unsubscribe() {
    if (speaks == Speaks::kProto) {
      client::v1::ClientMessage message;
      client::v1::Key& unwanted = *message.mutable_unsubscribe()->add_keys();
      unwanted.set_entity("items");
      unwanted.set_id(std::to_string(key));
      return session->OnMessage(message.SerializeAsString(), true);
    }
    session->OnMessage(
        R"({"action":"unsubscribe","body":{"entity":"items","id":")" + std::to_string(key) + "\"}}",
        false);
  }
  void Present(const std::string& secret) {
    if (speaks == Speaks::kProto) {
      client::v1::ClientMessage message;
      message.mutable_authenticate()->set_secret(secret);
      return session->OnMessage(message.SerializeAsString(), true);
    }
    const bool is_classic = speaks == Speaks::kClassic;
    session->OnMessage(is_classic
                           ? R"({"action":"secret","body":")" + secret + "\"}"
                           : R"({"action":"authenticate","body":{"secret":")" + secret + "\"}}",
                       false);
  }

  void Send(protocol::LocalFramePtr frame) override {
    std::string_view rest = frame->bytes();
    const protocol::MessageView message = protocol::TakeMessage(rest);
    const bool is_deflated =
        (message.bytes[0] & static_cast<char>(protocol::PayloadForm::kDeflated)) != 0;
    EXPECT_TRUE(!is_deflated || takes_deflated);
    if (is_deflated) inflater_.Inflate(message.payload);
    Read(is_deflated ? inflater_.message() : message.payload);
  }
  size_t UnsentBytes() const override { return 0; }
  void WantWritable() override {}
  base::TimePoint LastProgress() const override { return loop_.Now(); }
  void Ping() override {}
  void SetReading(bool) override {}
  void Close(protocol::CloseCode, std::string_view) override {}

  const Speaks speaks;
  const bool takes_deflated;
  std::string last_row;
  int key = 0;
  session::ConnectionHandler* session = nullptr;

 private:
  // Whatever the dialect, the first number after "n" or "value" is the row's.
  void Read(std::string_view payload) {
    if (speaks == Speaks::kClassic) {
      last_row = payload;
      return;
    }
    constexpr std::string_view kOperation = R"("path":"/0/n","value":)";
    constexpr std::string_view kRow = R"({"n":)";
    size_t at = payload.find(kOperation);
    if (at != std::string_view::npos) {
      at += kOperation.size();
    } else if (at = payload.find(kRow); at != std::string_view::npos) {
      at += kRow.size();
    } else {
      return;  // It says nothing of rows.
    }
    last_row = RowOf(payload.substr(at, payload.find_first_not_of("0123456789", at) - at));
  }

  base::Executor& loop_;
  protocol::Inflater inflater_{10'000};
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

  void Publish(int key, std::optional<uint64_t> version, bool may_gather) {
    ++published_;
    log_->Publish({{{"items", std::to_string(key)}, version}},
                  {.timeout = std::chrono::seconds(30), .may_gather = may_gather},
                  [this](absl::Status status) { confirmed_ += status.ok() ? 1 : 1000; });
  }

  // One client's life: subscribes, changes its secret, leaves and comes back, all the time.
  static void Act(Client& client, base::Random& random) {
    switch (random.Below(4)) {
      case 0:
        return client.Unsubscribe();
      case 1:
        return client.Present(std::to_string(random.Below(3)));
      default:
        return client.Subscribe();
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
  std::atomic<int> published_{0};
  std::atomic<int> confirmed_{0};
};

TEST_F(StressTest, EverybodyEndsWithTheLastState) {
  for (Worker& worker : workers_) {
    RunOn(worker.loop, [&] {
      for (int i = 0; i < kSessionsPerLoop; ++i) {
        worker.clients.push_back(
            std::make_unique<Client>(worker.loop, static_cast<Speaks>(i % 3), i % 2 == 0));
        Client& client = *worker.clients.back();
        client.key = i % kKeys;
        client.Open(*worker.table);
        client.Subscribe();
      }
    });
  }
  base::Random random(3);
  for (int round = 0; round < kRounds; ++round) {
    const int key = static_cast<int>(random.Below(kKeys));
    const uint64_t version = application_.Bump(key);
    std::optional<uint64_t> hint;
    if (random.Below(2) == 0) hint = version;
    Publish(key, hint, random.Below(2) == 0);
    Worker& worker = workers_[random.Below(kLoops)];
    worker.loop.Post([&worker, seed = random.Next()] {
      base::Random own(seed);
      Act(*worker.clients[own.Below(worker.clients.size())], own);
    });
    if (round % 500 == 250) hub_->OnGap();
  }
  while (confirmed_ < published_) std::this_thread::yield();
  // Everybody watches again, and is up to date in the end.
  for (Worker& worker : workers_) {
    RunOn(worker.loop, [&] {
      for (const auto& client : worker.clients) {
        client->Subscribe();
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
  const auto becomes_current = [&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    bool current = false;
    while (!(current = all_current()) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return current;
  };
  EXPECT_TRUE(becomes_current());
  // From one state that everybody has to another: v1 clients get patches.
  for (int key = 0; key < kKeys; ++key) {
    application_.Bump(key);
    Publish(key, std::nullopt, true);
  }
  EXPECT_TRUE(becomes_current());
  EXPECT_GT(metrics_.session.patches_sent.Value(), 0);
  while (confirmed_ < published_) std::this_thread::yield();
  EXPECT_EQ(confirmed_, published_) << "every publish was confirmed";
}

}  // namespace
}  // namespace entitysync
