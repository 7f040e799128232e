#include "gateway/config/slot.h"

namespace entitysync::config {
namespace {

constexpr int64_t kHour = 3'600'000;

constexpr Setting kWebsocket[] = {
    {"websocket.listen",
     ENTITYSYNC_CONFIG_SLOT(websocket.listen),
     Kind::kListen,
     {},
     "Where clients connect."},
    {"websocket.path",
     ENTITYSYNC_CONFIG_SLOT(websocket.path),
     Kind::kPath,
     {1, 256},
     "The path clients connect to, with or without a last slash. Every other path answers 404."},
    {"websocket.allowed_origins",
     ENTITYSYNC_CONFIG_SLOT(websocket.allowed_origins),
     Kind::kOrigins,
     {0, 1'000},
     "Origins whose pages may connect, as `https://shop.example` or `http://localhost:3000`. The "
     "gateway's own origin always may, and so may clients that are no browsers and send none. `*`: "
     "every page may."},
    {"websocket.tls.cert_file",
     ENTITYSYNC_CONFIG_SLOT(websocket.tls.cert_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the certificate and its chain. With `key_file`: clients connect with `wss://`. "
     "Both empty: plain `ws://`, for use behind a proxy that does TLS."},
    {"websocket.tls.key_file",
     ENTITYSYNC_CONFIG_SLOT(websocket.tls.key_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the private key of `cert_file`."},
    {"websocket.credential_cookie",
     ENTITYSYNC_CONFIG_SLOT(websocket.credential_cookie),
     Kind::kToken,
     {0, 128},
     "Name of a cookie whose value is the client's secret from the handshake on. Empty: cookies "
     "are "
     "not looked at."},
    {"websocket.max_message_bytes",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_message_bytes),
     Kind::kBytes,
     {512, 16 * 1'048'576},
     "The largest message a classic client may send; beyond it the connection is closed with "
     "1009."},
    {"websocket.max_v1_message_bytes",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_v1_message_bytes),
     Kind::kBytes,
     {4'096, 16 * 1'048'576},
     "The same for v1 clients, who resume with many keys in one message and are told this limit. A "
     "resumption of 1,000 keys has about 150 bytes per key."},
    {"websocket.max_states_per_second",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_states_per_second),
     Kind::kCount,
     {0, 1'000},
     "How many states per second of one key a v1 connection gets at most; the last one always "
     "comes. A subscription may ask for fewer (`maxRate`). 0: no limit."},
    {"websocket.max_subscriptions_per_connection",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_subscriptions_per_connection),
     Kind::kCount,
     {1, 1'000'000},
     "The most keys one connection may watch. Further ones are answered RESOURCE_EXHAUSTED in v1, "
     "and dropped and counted in classic."},
    {"websocket.max_connections",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_connections),
     Kind::kCount,
     {0, 10'000'000},
     "The most connections of this replica; further ones are answered 503. 0: what the limit of "
     "open file descriptors allows, less a reserve."},
    {"websocket.max_connections_per_address",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_connections_per_address),
     Kind::kCount,
     {0, 10'000'000},
     "The most connections from one IPv4 address or one IPv6 /64; further ones are answered 429. "
     "Behind a proxy or balancer all clients have its address: leave it off there, and mind that "
     "many people may share one. 0: no limit."},
    {"websocket.max_accepts_per_second",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_accepts_per_second),
     Kind::kCount,
     {0, 10'000'000},
     "How many connections this replica accepts per second on average, in equal parts per worker. "
     "Beyond it (and the burst) clients wait in the kernel's queue, as long as "
     "`net.core.somaxconn` allows, and none is refused. 0: no limit."},
    {"websocket.accept_burst",
     ENTITYSYNC_CONFIG_SLOT(websocket.accept_burst),
     Kind::kCount,
     {1, 10'000'000},
     "How many connections this replica accepts at once."},
    {"websocket.max_messages_per_second",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_messages_per_second),
     Kind::kCount,
     {0, 1'000'000},
     "How many messages one connection may send per second on average; beyond it (and the burst) "
     "it is closed with 4029. A message counts once more for every full 4 KiB that it has, or "
     "becomes where it is compressed. 0: no limit."},
    {"websocket.message_burst",
     ENTITYSYNC_CONFIG_SLOT(websocket.message_burst),
     Kind::kCount,
     {1, 10'000'000},
     "How many messages one connection may send at once, for instance to subscribe anew after a "
     "reconnect: at least `max_messages_per_second`. Classic clients send one for each "
     "subscription: keep it above `max_subscriptions_per_connection` for them."},
    {"websocket.max_subscribes_per_second",
     ENTITYSYNC_CONFIG_SLOT(websocket.max_subscribes_per_second),
     Kind::kCount,
     {0, 100'000'000},
     "How many subscriptions this replica takes per second on average, over all connections and in "
     "equal parts per worker; a replaced secret counts each subscription it moves. Beyond it (and "
     "the burst) connections are not read from until their turn comes: clients wait, nothing is "
     "refused or lost. 0: no limit."},
    {"websocket.subscribe_burst",
     ENTITYSYNC_CONFIG_SLOT(websocket.subscribe_burst),
     Kind::kCount,
     {1, 100'000'000},
     "How many subscriptions this replica takes at once, for instance when clients come back after "
     "a restart."},
    {"websocket.handshake_timeout",
     ENTITYSYNC_CONFIG_SLOT(websocket.handshake_timeout),
     Kind::kDuration,
     {100, kHour},
     "How long a new connection may take for TLS and the HTTP upgrade before it is closed."},
    {"websocket.heartbeat_interval",
     ENTITYSYNC_CONFIG_SLOT(websocket.heartbeat_interval),
     Kind::kDuration,
     {100, kHour},
     "How often clients are pinged. A connection that sends nothing at all for two intervals is "
     "closed. Keep it below the idle timeout of proxies in between."},
    {"websocket.write_stall_timeout",
     ENTITYSYNC_CONFIG_SLOT(websocket.write_stall_timeout),
     Kind::kDuration,
     {100, kHour},
     "How long something may wait for a client that takes no bytes before the connection is closed "
     "with 4008."},
    {"websocket.close_timeout",
     ENTITYSYNC_CONFIG_SLOT(websocket.close_timeout),
     Kind::kDuration,
     {100, kHour},
     "How long a client may take to answer a close before the connection is cut."},
    {"websocket.compression",
     ENTITYSYNC_CONFIG_SLOT(websocket.compression),
     Kind::kBool,
     {},
     "Whether states are compressed (permessage-deflate) for clients that offer it, and their "
     "messages may be. A state is compressed once for all of them, and a connection costs no more "
     "memory. See docs/OPERATIONS.md for when it pays, and for what must not stand in one row."},
    {"websocket.compression_level",
     ENTITYSYNC_CONFIG_SLOT(websocket.compression_level),
     Kind::kCount,
     {1, 9},
     "How hard to try, from 1 (fast) to 9 (small). More than 6 hardly pays."},
    {"websocket.compression_min_bytes",
     ENTITYSYNC_CONFIG_SLOT(websocket.compression_min_bytes),
     Kind::kBytes,
     {0, 64 * 1'048'576},
     "Rows shorter than this go as they are; so do those that do not get shorter."},
    {"websocket.send_buffer_bytes",
     ENTITYSYNC_CONFIG_SLOT(websocket.send_buffer_bytes),
     Kind::kBytes,
     {4'096, 64 * 1'048'576},
     "The kernel's send buffer of each connection (`SO_SNDBUF`). What is in it can no longer be "
     "replaced by a newer state, so more means staler states for slow clients."},
    {"websocket.flush_bytes",
     ENTITYSYNC_CONFIG_SLOT(websocket.flush_bytes),
     Kind::kBytes,
     {1'024, 64 * 1'048'576},
     "How much of a connection's waiting states is handed to its socket at a time; a larger state "
     "goes whole. The rest waits where a newer state can still replace it."},
    {"websocket.reply_queue_bytes",
     ENTITYSYNC_CONFIG_SLOT(websocket.reply_queue_bytes),
     Kind::kBytes,
     {1'024, 1'024 * 1'048'576},
     "How many bytes of answers and pass-through replies may wait for one connection; beyond it "
     "the "
     "connection is closed with 1013."},
};

}  // namespace

std::span<const Setting> WebsocketTable() { return kWebsocket; }

}  // namespace entitysync::config
