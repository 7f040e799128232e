#pragma once

#include <vector>

#include "gateway/base/entity_key.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/subs/subscriber.h"

namespace entitysync::hub {

// What is to be watched, and how.
struct Subscription {
  subs::SubscriberRef subscriber;
  base::KeyPtr key;
  bool snapshot = false;  // The present state comes at once; else the state after the next change.
  bool is_v1 = false;     // Is told of denials, and when the application cannot be asked.
  bool patches = false;   // See WantPatches.
};

// What a session asks of the hub.
//
// Threading: any worker's loop; never blocks. Calls of one worker about one key take effect in
//   order. States come to the worker's DeliveryReceiver.
// Limits: the session bounds its subscriptions.
// Errors: none; the key's entity type must be in the catalog.
class Subscriptions {
 public:
  virtual ~Subscriptions() = default;

  // Begins to watch a key as the viewer that `secret` stands for.
  virtual void Subscribe(Subscription subscription, fetch::Secret secret) = 0;

  // Begins to watch many, which the application is asked about in as few calls as it takes.
  virtual void SubscribeAll(std::vector<Subscription> subscriptions, fetch::Secret secret) = 0;

  // From now on states come as patches too, to whoever has one of the states before.
  virtual void WantPatches(base::KeyPtr key, fetch::Secret secret) = 0;

  // Ends it. Deliveries on their way still arrive and must be dropped.
  virtual void Unsubscribe(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) = 0;

  // One subscription goes on under another credential and a new id. Whatever was on its way under
  // the old one is fetched under the new one; `purged`: so is what the session threw away unsent.
  // Those of v1 are fetched under the new one in any case.
  struct CredentialChange {
    subs::SubscriptionId old_id = 0;
    subs::SubscriberRef subscriber;  // With the new id.
    base::KeyPtr key;
    fetch::Secret old_secret;
    fetch::Secret new_secret;
    bool purged = false;
  };
  virtual void ChangeCredential(CredentialChange change) = 0;

  // A delivery under an old id was dropped while ChangeCredential was on its way: fetch under the
  // present credential.
  virtual void Refresh(subs::SubscriptionId id, base::KeyPtr key, fetch::Secret secret) = 0;
};

}  // namespace entitysync::hub
