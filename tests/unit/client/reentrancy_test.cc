// What a user's functions hold may reach back into the client when it is destroyed with them.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client/client_fixture.h"

namespace entitysync::client {
namespace {

// Does something when the last function that holds it is destroyed.
std::shared_ptr<void> AtEnd(std::function<void()> function) {
  return {nullptr, [function = std::move(function)](void*) { function(); }};
}

TEST_F(ClientTest, RequestsMayBeGivenUpWhileTheClientIsDestroyed) {
  Open();
  std::vector<RequestHandle> handles(20);
  for (RequestHandle& handle : handles) {
    const auto end = AtEnd([&] {
      for (RequestHandle& other : handles) other.Cancel();
    });
    handle = client_->Request("1", std::nullopt,
                              [end](const auto&) { FAIL() << "the client is destroyed"; });
  }
  client_.reset();
}

TEST_F(ClientTest, EntitiesMayBeWatchedAndLeftWhileTheClientIsDestroyed) {
  Open();
  std::vector<Subscription> watches(20), late;
  for (size_t i = 0; i < watches.size(); ++i) {
    const auto end = AtEnd([&, entity = client_->Entity("late", std::to_string(i))]() mutable {
      for (Subscription& watch : watches) watch.Reset();
      for (int times = 0; times < 100; ++times) {
        late.push_back(entity.Subscribe([](const EntityState&) { FAIL(); }));
        entity = client_ == nullptr ? std::move(entity) : client_->Entity("late", "more");
      }
    });
    // Some have listeners in common, and some have been told nothing yet.
    watches[i] = client_->Entity("items", std::to_string(i / 2)).Subscribe([end](const auto&) {});
    if (i == 10) Say(StateEvent("1", "v1", "[1]"));
  }
  client_.reset();
  Settle();
  EXPECT_EQ(platform_.scheduler->pending(), 0u);
}

TEST_F(ClientTest, AListenerMayHoldTheOnlySubscriptionToItself) {
  Open();
  auto watch = std::make_shared<Subscription>();
  Subscription* const only = watch.get();
  *watch = client_->Entity("items", "1").Subscribe([watch](const EntityState&) {});
  watch.reset();
  only->Reset();
  EXPECT_EQ(client_->Entity("items", "1").Current()->status, EntityStatus::kLoading);
}

TEST_F(ClientTest, AuthenticatingWhileATokenFunctionIsDestroyedCounts) {
  options_.online = false;
  Make();
  Settle();
  {
    const auto end = AtEnd([&] { client_->Authenticate("carol", nullptr); });
    client_->Authenticate(TokenFunction([end](const TokenDone&) { FAIL() << "it is replaced"; }),
                          nullptr);
  }
  client_->Authenticate("bob", nullptr);
  client_->SetOnline(true);
  Open();
  EXPECT_EQ(Heard().at(0).at("body").at("secret"), "carol") << "the last that was given counts";
}

TEST_F(ClientTest, EverythingThatIsHeldMayReachBackWhileTheClientIsDestroyed) {
  RequestHandle handle;
  Subscription watch;
  {
    const auto end = AtEnd([&] {
      handle.Cancel();
      watch.Reset();
    });
    options_.on_connection = [end](const ConnectionState&) {};
    options_.on_error = [end](const absl::Status&) {};
    Open();
    options_ = {};
    handle = client_->Request("1", std::nullopt, [end](const auto&) { FAIL(); });
    watch = client_->Entity("items", "1").Subscribe([end](const EntityState&) {});
    client_->Authenticate(TokenFunction([end](const TokenDone&) {}),
                          [end](const absl::Status&) { FAIL(); });
    client_->Authenticate("bob", [end](const absl::Status&) { FAIL(); });
  }
  client_.reset();
  Settle();
}

}  // namespace
}  // namespace entitysync::client
