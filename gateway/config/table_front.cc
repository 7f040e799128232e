#include "gateway/config/slot.h"

namespace entitysync::config {
namespace {

constexpr Setting kFront[] = {
    {"front.listen",
     ENTITYSYNC_CONFIG_SLOT(front.listen),
     Kind::kListen,
     {},
     "Where applications call `NotifyChange` (gRPC). An address other than loopback needs "
     "`bearer_key` or `insecure: true`."},
    {"front.bearer_key",
     ENTITYSYNC_CONFIG_SLOT(front.bearer_key),
     Kind::kKey,
     {0, 4'096},
     "What applications must send as `authorization: Bearer <key>`. Empty: nothing is asked for.",
     Shown::kSecret},
    {"front.insecure",
     ENTITYSYNC_CONFIG_SLOT(front.insecure),
     Kind::kBool,
     {},
     "Consent to listen beyond loopback without a bearer key: whoever reaches the port may then "
     "notify changes."},
    {"front.tls.cert_file",
     ENTITYSYNC_CONFIG_SLOT(front.tls.cert_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the certificate and its chain. With `key_file`: applications connect with TLS. "
     "Both empty: without."},
    {"front.tls.key_file",
     ENTITYSYNC_CONFIG_SLOT(front.tls.key_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the private key of `cert_file`."},
    {"front.tls.client_ca_file",
     ENTITYSYNC_CONFIG_SLOT(front.tls.client_ca_file),
     Kind::kFile,
     {0, 4'096},
     "PEM file with the authorities of client certificates. Set: applications must show a "
     "certificate of one of them."},
    {"front.notify_timeout",
     ENTITYSYNC_CONFIG_SLOT(front.notify_timeout),
     Kind::kDuration,
     {50, 60'000},
     "How long `NotifyChange`, or a request on a stream, waits for the bus to confirm before it is "
     "answered `UNAVAILABLE`. A caller's earlier deadline counts instead."},
    {"front.max_receive_bytes",
     ENTITYSYNC_CONFIG_SLOT(front.max_receive_bytes),
     Kind::kBytes,
     {65'536, 256 * 1'048'576},
     "The largest gRPC message an application may send."},
    {"front.max_changes_per_call",
     ENTITYSYNC_CONFIG_SLOT(front.max_changes_per_call),
     Kind::kCount,
     {1, 1'000'000},
     "The most changes in one `NotifyChange`, or in one request on a stream; more are answered "
     "`INVALID_ARGUMENT`."},
    {"front.max_streams",
     ENTITYSYNC_CONFIG_SLOT(front.max_streams),
     Kind::kCount,
     {1, 100'000},
     "The most streams of `NotifyChanges` that may be open; further ones are answered "
     "`UNAVAILABLE`. A producer needs one."},
    {"front.stream_window",
     ENTITYSYNC_CONFIG_SLOT(front.stream_window),
     Kind::kCount,
     {1, 10'000'000},
     "How many changes of one stream may wait to be confirmed, or to be acknowledged because the "
     "producer does not read; beyond it the stream is not read and the producer waits. One request "
     "is always taken."},
    {"front.max_connection_age",
     ENTITYSYNC_CONFIG_SLOT(front.max_connection_age),
     Kind::kDuration,
     {1'000, 86'400'000},
     "After how long an application's connection is asked to reconnect, and its stream ends, so "
     "that new replicas get their share. Calls under way are finished, and what was read from a "
     "stream is acknowledged."},
};

}  // namespace

std::span<const Setting> FrontTable() { return kFront; }

}  // namespace entitysync::config
