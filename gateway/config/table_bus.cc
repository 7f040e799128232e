#include "gateway/config/slot.h"

namespace entitysync::config {
namespace {

constexpr int64_t kMaxQueueBytes = int64_t{16} * 1'024 * 1'048'576;

constexpr Setting kBus[] = {
    {"bus.kind",
     ENTITYSYNC_CONFIG_SLOT(bus.kind),
     Kind::kChoice,
     {},
     "`in_process` for a single replica, `nats` for any number of them."},
    {"bus.queue_messages",
     ENTITYSYNC_CONFIG_SLOT(bus.queue_messages),
     Kind::kCount,
     {1, 10'000'000},
     "How many messages may wait to be published; beyond it `NotifyChange` answers "
     "`UNAVAILABLE`."},
    {"bus.queue_bytes",
     ENTITYSYNC_CONFIG_SLOT(bus.queue_bytes),
     Kind::kBytes,
     {1'048'576, kMaxQueueBytes},
     "The same in bytes; whichever is reached first counts."},
    {"bus.heartbeat_interval",
     ENTITYSYNC_CONFIG_SLOT(bus.heartbeat_interval),
     Kind::kDuration,
     {100, 60'000},
     "How often a replica tells the others how much it has published, by which they find out what "
     "they have missed. The same on all replicas."},
    {"bus.gather",
     ENTITYSYNC_CONFIG_SLOT(bus.gather),
     Kind::kDuration,
     {0, 100},
     "What comes on streams of `NotifyChanges` is published no sooner than so long after what came "
     "on them before, and together: changes that come one by one, thousands a second, would "
     "otherwise wake every replica each time. The first after a pause goes at once, and so does "
     "whatever comes by `NotifyChange`, with what waits then. Below `front.notify_timeout`. 0: "
     "nothing waits."},
    {"bus.nats.urls",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.urls),
     Kind::kNatsUrls,
     {0, 64},
     "Servers to connect to, as `nats://host:4222` or `tls://host:4222`; one or a list. Required "
     "for `kind: nats`. User and password in them are never shown.",
     Shown::kMaskUserInfo},
    {"bus.nats.credentials_file",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.credentials_file),
     Kind::kFile,
     {0, 4'096},
     "NATS credentials file (user JWT and seed). Empty: none."},
    {"bus.nats.tls.enabled",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.tls.enabled),
     Kind::kBool,
     {},
     "Whether to connect with TLS and to check the server's certificate and name."},
    {"bus.nats.tls.ca_file",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.tls.ca_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the authorities to trust. Empty: the system's."},
    {"bus.nats.tls.cert_file",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.tls.cert_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the gateway's own certificate, if the server asks for one."},
    {"bus.nats.tls.key_file",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.tls.key_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the private key of `cert_file`."},
    {"bus.nats.write_deadline",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.write_deadline),
     Kind::kDuration,
     {50, 60'000},
     "How long one write to the server may block before the connection is given up."},
    {"bus.nats.ping_interval",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.ping_interval),
     Kind::kDuration,
     {100, 600'000},
     "How often the server is pinged; two unanswered pings mean the connection is lost."},
    {"bus.nats.reconnect_wait",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.reconnect_wait),
     Kind::kDuration,
     {10, 60'000},
     "The pause between attempts to reconnect, which never end."},
    {"bus.nats.pending_messages",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.pending_messages),
     Kind::kCount,
     {1, 10'000'000},
     "How many messages may have been received and not yet handled; beyond it messages are lost "
     "and what they may have touched is fetched anew."},
    {"bus.nats.pending_bytes",
     ENTITYSYNC_CONFIG_SLOT(bus.nats.pending_bytes),
     Kind::kBytes,
     {1'048'576, kMaxQueueBytes},
     "The same in bytes; whichever is reached first counts."},
};

}  // namespace

std::span<const Setting> BusTable() { return kBus; }

}  // namespace entitysync::config
