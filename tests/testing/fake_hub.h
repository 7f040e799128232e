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
  };

  void Subscribe(const subs::SubscriberRef& subscriber, base::KeyPtr key, fetch::Secret secret,
                 bool snapshot) override {
    subscribed.push_back({subscriber, key->id, *secret, snapshot});
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
};

}  // namespace entitysync::testing
