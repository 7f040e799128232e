#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/hub/hub.h"
#include "tests/testing/fake_source.h"
#include "tests/testing/manual_loops.h"

namespace entitysync::hub {

// A state's kind, or the rows as classic frames without their headers.
inline std::string TextOf(const State& state) {
  switch (state.kind) {
    case StateKind::kRows:
      return state.classic->substr(2);
    case StateKind::kRemoved:
      return "removed";
    case StateKind::kStale:
      return "stale";
    case StateKind::kPermissionDenied:
      return "denied";
    case StateKind::kUnauthenticated:
      return "unauthenticated";
  }
  return "";
}

// What one worker was handed, by subscription id.
class Receiver final : public DeliveryReceiver {
 public:
  void OnDeliveries(const Deliveries& deliveries) override {
    size_t next = 0;
    for (const auto& [state, end] : deliveries.parts) {
      for (; next < end; ++next) {
        got[deliveries.receivers[next].id].push_back(TextOf(*state));
        last = state;
      }
    }
  }
  std::map<subs::SubscriptionId, std::vector<std::string>> got;
  StatePtr last;  // Handed to whomever.
};

using Rows = std::vector<std::string>;

// Two workers with a shard each, and an application that answers by hand.
class HubTest : public ::testing::Test {
 protected:
  HubTest() : HubTest(Plain()) {}
  explicit HubTest(HubOptions options, fetch::EntityType type = {}) : options_(options) {
    catalog_ = std::make_unique<fetch::EntityCatalog>(
        absl::flat_hash_map<std::string, fetch::EntityType>(), type,
        std::vector<fetch::Target>{{.source = &source_}});
    hub_ = std::make_unique<Hub>(
        options_, std::vector<base::Executor*>{&loop0_, &loop1_},
        std::vector<WorkerPort>{{&loop0_, &receivers_[0]}, {&loop1_, &receivers_[1]}}, *catalog_,
        metrics_, base::NullLogger());
    hub_->OnBusLive(true);
    // Past the revalidation that this brings, and the pause after it.
    loops_.Advance(options_.revalidate_jitter + Shard::kGapInterval);
  }

  // Nothing that takes time.
  static HubOptions Plain() {
    HubOptions options;
    options.mailbox_changes = 100;
    options.revalidate_jitter = base::Duration(0);
    options.audit_period = base::Duration(0);
    options.urgent.max_items = 1;
    return options;
  }

  subs::SubscriberRef Ref(uint64_t serial, subs::WorkerIndex worker = 0) {
    return {.id = subs::MakeSubscriptionId(worker, serial), .session = 0, .slot = 0};
  }
  static base::KeyPtr Key(const std::string& id) {
    return std::make_shared<const base::EntityKey>(base::EntityKey{"items", id});
  }
  static fetch::Secret Secret(const std::string& secret) {
    return std::make_shared<const std::string>(secret);
  }
  void Watch(uint64_t serial, const std::string& id = "1", const std::string& secret = "",
             bool snapshot = false) {
    hub_->Subscribe({.subscriber = Ref(serial), .key = Key(id), .snapshot = snapshot},
                    Secret(secret));
    loops_.RunReady();
  }
  // As a v1 client.
  void WatchV1(uint64_t serial, bool patches = false, const std::string& secret = "",
               bool snapshot = true) {
    hub_->Subscribe({.subscriber = Ref(serial),
                     .key = Key("1"),
                     .snapshot = snapshot,
                     .is_v1 = true,
                     .patches = patches},
                    Secret(secret));
    loops_.RunReady();
  }
  void Leave(uint64_t serial, const std::string& id = "1", const std::string& secret = "") {
    hub_->Unsubscribe(Ref(serial).id, Key(id), Secret(secret));
    loops_.RunReady();
  }
  void Gap() {
    hub_->OnGap();
    loops_.RunReady();
  }
  void Change(const std::string& id = "1", std::optional<uint64_t> version = std::nullopt) {
    hub_->OnChanges({{.key = {"items", id}, .version = version}});
    loops_.RunReady();
  }
  void Answer(const std::string& row, std::optional<uint64_t> version = std::nullopt) {
    source_.AnswerRows({row}, version);
    loops_.RunReady();
  }
  void Fail(absl::StatusCode code) {
    source_.AnswerError(code);
    loops_.RunReady();
  }
  void SwitchSecret(uint64_t old_serial, uint64_t new_serial, const std::string& from,
                    const std::string& to, bool purged = false) {
    hub_->ChangeCredential({.old_id = Ref(old_serial).id,
                            .subscriber = Ref(new_serial),
                            .key = Key("1"),
                            .old_secret = Secret(from),
                            .new_secret = Secret(to),
                            .purged = purged});
    loops_.RunReady();
  }
  const Rows& Got(uint64_t serial, subs::WorkerIndex worker = 0) {
    return receivers_[worker].got[Ref(serial, worker).id];
  }

  testing::ManualLoops loops_;
  base::Executor& loop0_ = loops_.Add();
  base::Executor& loop1_ = loops_.Add();
  testing::FakeSource source_;
  std::unique_ptr<fetch::EntityCatalog> catalog_;
  prometheus::Registry registry_;
  metrics::Metrics metrics_{registry_};
  Receiver receivers_[2];
  const HubOptions options_;
  std::unique_ptr<Hub> hub_;
};

}  // namespace entitysync::hub
