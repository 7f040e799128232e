#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/hub/subscriptions.h"

namespace entitysync::testing {

// A hub that only writes down what it is asked.
class FakeHub final : public hub::Subscriptions {
 public:
  struct Watch {
    subs::SubscriberRef subscriber;
    std::string id;
    std::string secret;
    bool snapshot = false;
    bool patches = false;
  };

  void Subscribe(hub::Subscription subscription, fetch::Secret secret) override {
    subscribed.push_back({subscription.subscriber, subscription.key->id, *secret,
                          subscription.snapshot, subscription.patches});
  }
  void SubscribeAll(std::vector<hub::Subscription> subscriptions, fetch::Secret secret) override {
    ++batches;
    for (hub::Subscription& subscription : subscriptions) {
      Subscribe(std::move(subscription), secret);
    }
  }
  void WantPatches(base::KeyPtr key, fetch::Secret /*secret*/) override {
    patches_wanted.push_back(key->id);
  }
  void Unsubscribe(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) override {
    unsubscribed.push_back({{.id = id}, key->id, *secret});
  }
  void ChangeCredential(CredentialChange change) override { changed.push_back(std::move(change)); }
  void Refresh(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) override {
    refreshed.push_back({{.id = id}, key->id, *secret});
  }

  std::vector<Watch> subscribed;
  std::vector<Watch> unsubscribed;
  std::vector<CredentialChange> changed;
  std::vector<Watch> refreshed;
  std::vector<std::string> patches_wanted;
  int batches = 0;
};

}  // namespace entitysync::testing
