#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/changelog/change_log.h"
#include "gateway/hub/hub.h"
#include "gateway/session/session_table.h"
#include "tests/simulation/application.h"
#include "tests/simulation/bus.h"
#include "tests/simulation/connection.h"
#include "tests/simulation/source.h"
#include "tests/simulation/world.h"

namespace entitysync::simulation {

// One run of one replica: the real core between a fake link, a fake source and fake transports, put
// together as server::Replica does it.
//
// Owner and lifetime: the Cluster, from its start until it was killed or has drained and everything
//   that it had under way has come to rest.
// Threading: one thread; a loop per worker, one for the changelog, one for the link.
class Replica final : private changelog::ChangeSink {
 public:
  static constexpr base::Duration kDrainWindow = std::chrono::seconds(2);

  // `index`: which replica; `epoch` grows with every run.
  Replica(World& world, Bus& bus, Application& application, const Service& service,
          metrics::Metrics& metrics, size_t index, uint64_t epoch);
  ~Replica() override;

  // The client's connection to some worker, opened.
  std::shared_ptr<Connection> Accept(Peer& peer, const std::string& name,
                                     session::Handshake handshake);

  // NotifyChange, as far as the core goes.
  void Publish(std::vector<changelog::Change> changes, changelog::PublishTerms terms,
               changelog::PublishDone done) {
    changelog_->Publish(std::move(changes), terms, std::move(done));
  }

  // kill -9: nothing gets out any more, and clients see their connections break.
  void Kill();
  // SIGTERM.
  void Drain();

  // Freezes one of its loops, or all.
  void Freeze(bool all, base::Duration span);

  base::Duration Age() const { return world_.Now() - started_; }
  bool is_accepting() const { return !is_draining_ && !is_over_; }
  bool is_answering() const { return !is_over_; }
  bool WasFrozenSince(base::TimePoint time) const { return frozen_until_ >= time; }
  // It can be destroyed.
  bool IsAtRest() const;
  size_t index() const { return index_; }
  uint64_t epoch() const { return epoch_; }
  const std::string& name() const { return name_; }
  Link& link() { return *link_; }
  Source& source() { return source_; }

 private:
  struct Worker final : public hub::DeliveryReceiver {
    explicit Worker(base::Executor& executor) : loop(executor) {}
    void OnDeliveries(const hub::Deliveries& deliveries) override {
      sessions->OnDeliveries(deliveries);
    }
    base::Executor& loop;
    std::unique_ptr<session::SessionTable> sessions;
  };

  void OnChanges(std::vector<changelog::Change> changes) override {
    hub_->OnChanges(std::move(changes));
  }
  void OnGap() override;
  void OnBusLive(bool live) override;

  void MakeHub(metrics::Metrics& metrics);
  void MakeSessions(metrics::Metrics& metrics);
  void AwaitDrained(base::TimePoint deadline);
  void StopCore();
  bool HasSessions() const;

  World& world_;
  Application& application_;
  const size_t index_;
  const uint64_t epoch_;
  const std::string name_;
  Source source_;
  const fetch::EntityCatalog catalog_;
  const session::SessionOptions session_options_;
  base::Executor& changelog_loop_;
  base::Executor& link_loop_;
  std::unique_ptr<Link> link_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<changelog::ChangeLog> changelog_;
  std::vector<std::shared_ptr<Connection>> connections_;
  const base::TimePoint started_;
  base::TimePoint frozen_until_{};
  base::TimePoint over_since_{};
  bool is_draining_ = false;
  bool is_over_ = false;
};

}  // namespace entitysync::simulation
