#include "gateway/config/slot.h"

namespace entitysync::config {
namespace {

constexpr Setting kGeneral[] = {
    {"prefix",
     ENTITYSYNC_CONFIG_SLOT(prefix),
     Kind::kText,
     {1, 64},
     "Keeps deployments apart that share one NATS: replicas hear only those with the same prefix."},
    {"replica_id",
     ENTITYSYNC_CONFIG_SLOT(replica_id),
     Kind::kReplicaId,
     {0, 64},
     "Names this replica on the bus and in logs; letters, digits and `-`. No two replicas may "
     "share "
     "one. Empty: a random name at each start, which is right nearly everywhere."},
    {"workers",
     ENTITYSYNC_CONFIG_SLOT(workers),
     Kind::kCount,
     {0, 256},
     "Event loops, each a thread with its own connections and keys. 0: one per core."},
    {"default_target",
     ENTITYSYNC_CONFIG_SLOT(default_target),
     Kind::kToken,
     {0, 64},
     "Name of the target that serves all entity types not under `entities`, and those there that "
     "name none. Empty: other types are unknown."},

    {"admin.listen",
     ENTITYSYNC_CONFIG_SLOT(admin.listen),
     Kind::kListen,
     {},
     "Where `/healthz`, `/readyz` and `/metrics` are served, without authentication: open it to "
     "the "
     "load balancer and to Prometheus only."},

    {"drain.unready_delay",
     ENTITYSYNC_CONFIG_SLOT(drain.unready_delay),
     Kind::kDuration,
     {0, 600'000},
     "After SIGTERM, how long `/readyz` says draining before new connections are refused: at least "
     "one check interval of the load balancer."},
    {"drain.window",
     ENTITYSYNC_CONFIG_SLOT(drain.window),
     Kind::kDuration,
     {0, 3'600'000},
     "Over how long the closing of connections is spread, so that clients do not all come back to "
     "the other replicas at once."},
    {"drain.timeout",
     ENTITYSYNC_CONFIG_SLOT(drain.timeout),
     Kind::kDuration,
     {0, 7'200'000},
     "The longest a whole drain may take, `unready_delay` and `window` included; what is left then "
     "is cut. Keep it below the time after which your orchestrator kills."},

    {"log.level",
     ENTITYSYNC_CONFIG_SLOT(log.level),
     Kind::kChoice,
     {},
     "The least important lines that are written. Entity ids appear at `debug` only, secrets "
     "never."},
    {"log.format",
     ENTITYSYNC_CONFIG_SLOT(log.format),
     Kind::kChoice,
     {},
     "`text` for people, `json` (one object per line) for collectors."},
};

}  // namespace

std::span<const Setting> GeneralTable() { return kGeneral; }

std::vector<Setting> AllSettings() {
  std::vector<Setting> all;
  for (const auto table :
       {GeneralTable(), WebsocketTable(), FrontTable(), BusTable(), ApplicationTable()}) {
    all.insert(all.end(), table.begin(), table.end());
  }
  return all;
}

}  // namespace entitysync::config
