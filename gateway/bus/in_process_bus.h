#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "gateway/bus/connection_report.h"
#include "gateway/bus/delivery_queue.h"

namespace entitysync::bus {

class InProcessLink;

// A bus inside one process: all links attached to it hear each other. With one link it is the
// embedded default of a single replica.
//
// Owner and lifetime: the composition root or a test; outlives its links.
// Threading: any thread.
// Limits: none of its own; each link bounds what waits for its listener.
// Errors: while it is cut, publishing answers UNAVAILABLE.
class InProcessBus {
 public:
  // Takes the bus away from all links, or gives it back, for tests. Messages under way may still
  // arrive.
  void Cut();
  void Restore();

 private:
  friend class InProcessLink;
  struct State {
    uint64_t connection;
    bool up;
  };

  void Attach(InProcessLink& link);
  void Detach(InProcessLink& link);
  State GetState() const;
  absl::Status Publish(uint64_t connection, std::string_view subject, std::string_view payload);

  mutable std::mutex mutex_;
  std::vector<InProcessLink*> links_;  // Guarded by mutex_, as all below.
  uint64_t connection_ = 1;
  bool up_ = true;
};

// One replica's link to an InProcessBus.
//
// Purpose, lifetime, threading, errors: as BusLink. Listener calls come from a thread of the link's
//   own, so none happens inside Publish.
// Limits: what waits for the listener is bounded in messages and bytes; an overflow is reported
//   with OnDropped. Publishing itself is immediate.
class InProcessLink final : public BusLink {
 public:
  struct Message {
    std::string subject;
    std::string payload;
  };
  using Queue = DeliveryQueue<std::shared_ptr<const Message>>;

  explicit InProcessLink(InProcessBus& bus, DeliveryLimits limits = {});
  ~InProcessLink() override;

  absl::Status Start(std::vector<std::string> subscriptions, BusListener& listener) override;
  absl::Status Publish(std::string_view subject, std::string_view payload) override;
  uint64_t Connection() const override { return report_.number(); }
  void Stop() override;

 private:
  friend class InProcessBus;

  bool Hears(std::string_view subject) const;
  void Run();

  InProcessBus& bus_;
  Queue queue_;
  ConnectionReport report_;
  std::vector<std::string> subscriptions_;
  BusListener* listener_ = nullptr;
  std::thread thread_;
};

}  // namespace entitysync::bus
