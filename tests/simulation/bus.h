#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "entitysync/gateway/bus_link.h"
#include "gateway/base/entity_key.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

class Link;

// The bus between simulated replicas: what NATS does, with the faults that NATS has and no others.
//
// Purpose: every message goes up to the server of its publisher and down to each link that
//   subscribed. Ways up and down keep order and take time; messages of several publishers mix in
//   any way. Loss is reported as by the real link: a broken connection loses what is under way and
//   is reported at once or (silent) after a while; an overflow is reported as dropped. Only what
//   happens between servers (a cut or lossy route) is reported to nobody.
// Owner and lifetime: the Cluster; outlives the links. Threading: one thread.
class Bus {
 public:
  explicit Bus(World& world) : world_(world) {}

  // Between the servers of two replicas, from the first to the second: messages lost, in percent.
  void SetRoute(size_t from, size_t to, uint32_t loss_percent);
  // How long messages take at most, each way.
  void SetMostDelay(base::Duration delay) { most_delay_ = delay; }
  // How many messages in a hundred arrive twice.
  void SetDuplicates(uint32_t percent) { duplicate_percent_ = percent; }
  void Heal();

  // When the server last took a change of this key from this run of a replica; the beginning of
  // time if it never did.
  base::TimePoint TakenAt(const std::string& replica, uint64_t epoch,
                          const base::EntityKey& key) const;

 private:
  friend class Link;
  struct Message {
    std::string subject;
    std::string payload;
  };

  base::Duration Delay() {
    return world_.random.Between(std::chrono::microseconds(50), most_delay_);
  }
  // A message reached the server of `from`.
  void Take(const Link& from, const std::shared_ptr<const Message>& message);

  World& world_;
  std::vector<Link*> links_;
  std::map<std::pair<size_t, size_t>, uint32_t> route_loss_;
  base::Duration most_delay_ = std::chrono::milliseconds(2);
  uint32_t duplicate_percent_ = 0;
  std::map<std::tuple<std::string, uint64_t, base::EntityKey>, base::TimePoint> taken_;
};

// One replica's link: the only fake of bus::BusLink that a cluster meets.
//
// Owner and lifetime: a Replica, for one run. Threading: calls of the listener come on the link's
// own loop, as from a thread of the client library.
class Link final : public bus::BusLink {
 public:
  // `replica`: which server and routes it uses.
  Link(World& world, Bus& bus, base::Executor& thread, size_t replica);
  ~Link() override;

  absl::Status Start(std::vector<std::string> subscriptions, bus::BusListener& listener) override;
  absl::Status Publish(std::string_view subject, std::string_view payload) override;
  uint64_t Connection() const override { return connection_; }
  void Stop() override;

  // Loses the connection: what is under way either way is gone. The link learns it after
  // `unnoticed` and is back `away` after that.
  void Break(base::Duration unnoticed, base::Duration away);
  // Takes nothing for publishing until told otherwise.
  void Refuse(bool refuse) { refuses_ = refuse; }
  // Throws away the next `count` messages for this link; says so after `report_after`.
  void DropNext(uint64_t count, base::Duration report_after);
  // Back at once, if it is away.
  void Heal();
  // The replica's process is gone.
  void Abandon();

 private:
  friend class Bus;
  // A connection as the server sees it: gone before the link knows.
  struct Wire {
    bool alive = true;
    base::TimePoint last_up;                      // When the last message up arrives.
    std::map<size_t, base::TimePoint> last_down;  // By publishing replica: likewise down.
  };

  void Connect();
  void NoticeLoss(base::Duration away);
  bool Subscribes(const std::string& subject) const;
  // A message for this link left the server of its publisher.
  void Deliver(size_t from, const std::shared_ptr<const Bus::Message>& message);
  void Arrive(const std::shared_ptr<const Bus::Message>& message);

  World& world_;
  Bus& bus_;
  base::Executor& thread_;
  const size_t replica_;
  std::vector<std::string> subscriptions_;
  bus::BusListener* listener_ = nullptr;
  std::shared_ptr<Wire> wire_;  // Null: the link knows that it is not connected.
  base::TimerId reconnect_ = base::kNoTimer;
  uint64_t connection_ = 0;
  bool refuses_ = false;
  uint64_t to_drop_ = 0;
};

}  // namespace entitysync::simulation
