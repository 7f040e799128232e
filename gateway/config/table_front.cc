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
     "How long `NotifyChange` waits for the bus to confirm before it answers `UNAVAILABLE`. A "
     "caller's earlier deadline counts instead."},
    {"front.max_receive_bytes",
     ENTITYSYNC_CONFIG_SLOT(front.max_receive_bytes),
     Kind::kBytes,
     {65'536, 256 * 1'048'576},
     "The largest gRPC message an application may send."},
    {"front.max_changes_per_call",
     ENTITYSYNC_CONFIG_SLOT(front.max_changes_per_call),
     Kind::kCount,
     {1, 1'000'000},
     "The most changes in one `NotifyChange`; more are answered `INVALID_ARGUMENT`."},
    {"front.max_connection_age",
     ENTITYSYNC_CONFIG_SLOT(front.max_connection_age),
     Kind::kDuration,
     {1'000, 86'400'000},
     "After how long an application's connection is asked to reconnect, so that new replicas get "
     "their share of calls. Calls under way are finished."},
};

}  // namespace

std::span<const Setting> FrontTable() { return kFront; }

}  // namespace entitysync::config
