#include "gateway/server/options.h"

#include <algorithm>
#include <thread>

namespace entitysync::server {
namespace {

// Descriptors for all that is not a websocket: gRPC, NATS, logs, loops, the admin page.
constexpr size_t kReservedDescriptors = 256;

}  // namespace

size_t WorkerCount(const config::Settings& settings) {
  if (settings.workers > 0) return settings.workers;
  return std::max(1u, std::thread::hardware_concurrency());
}

size_t MaxConnections(const config::Settings& settings, size_t workers, size_t descriptor_limit) {
  const size_t reserve = kReservedDescriptors + workers * (ws::kRefusalsPerWorker + 8);
  const size_t possible = descriptor_limit > reserve ? descriptor_limit - reserve : 1;
  const size_t wanted = settings.websocket.max_connections;
  return wanted == 0 ? possible : std::min(wanted, possible);
}

ws::Options WebsocketOptions(const config::Settings& settings, size_t max_connections) {
  const config::WebsocketSettings& from = settings.websocket;
  ws::Options to;
  to.host = from.listen.host;
  to.port = from.listen.port;
  to.path = from.path;
  to.allowed_origins = from.allowed_origins;
  to.credential_cookie = from.credential_cookie;
  to.tls = {.cert_file = from.tls.cert_file, .key_file = from.tls.key_file};
  to.max_message_bytes = from.max_message_bytes;
  to.max_v1_message_bytes = from.max_v1_message_bytes;
  to.compression = from.compression;
  to.send_buffer_bytes = from.send_buffer_bytes;
  to.max_connections = max_connections;
  to.max_connections_per_address = from.max_connections_per_address;
  to.max_accepts_per_second = static_cast<uint32_t>(from.max_accepts_per_second);
  to.accept_burst = static_cast<uint32_t>(from.accept_burst);
  to.handshake_timeout = from.handshake_timeout;
  to.close_timeout = from.close_timeout;
  return to;
}

session::SessionOptions SessionOptionsOf(const config::Settings& settings) {
  const config::WebsocketSettings& from = settings.websocket;
  session::SessionOptions to;
  to.max_subscriptions = from.max_subscriptions_per_connection;
  to.max_messages_per_second = static_cast<uint32_t>(from.max_messages_per_second);
  to.message_burst = static_cast<uint32_t>(from.message_burst);
  const size_t workers = WorkerCount(settings);
  to.worker_subscribes_per_second =
      base::ShareOf(static_cast<uint32_t>(from.max_subscribes_per_second), workers);
  to.worker_subscribe_burst = base::ShareOf(static_cast<uint32_t>(from.subscribe_burst), workers);
  to.heartbeat_interval = from.heartbeat_interval;
  to.write_stall_timeout = from.write_stall_timeout;
  to.flush_bytes = from.flush_bytes;
  to.max_state_rate = static_cast<double>(from.max_states_per_second);
  to.max_v1_message_bytes = from.max_v1_message_bytes;
  to.reply_queue_bytes = from.reply_queue_bytes;
  if (from.compression) {
    to.compression = {.level = static_cast<int>(from.compression_level),
                      .min_bytes = from.compression_min_bytes};
  }
  to.pass_through_queue_messages = settings.classic.pass_through_queue_messages;
  to.pass_through_queue_bytes = settings.classic.pass_through_queue_bytes;
  return to;
}

front::FrontOptions FrontOptionsOf(const config::Settings& settings) {
  const config::FrontSettings& from = settings.front;
  front::FrontOptions to;
  to.listen = from.listen.ToString();
  to.bearer_key = from.bearer_key;
  to.insecure = from.insecure;
  to.tls = {.cert_file = from.tls.cert_file,
            .key_file = from.tls.key_file,
            .client_ca_file = from.tls.client_ca_file};
  to.notify_timeout = from.notify_timeout;
  to.max_receive_bytes = from.max_receive_bytes;
  to.max_changes_per_call = from.max_changes_per_call;
  to.max_streams = from.max_streams;
  to.stream_window = from.stream_window;
  to.max_connection_age = from.max_connection_age;
  return to;
}

admin::AdminOptions AdminOptionsOf(const config::Settings& settings) {
  admin::AdminOptions to;
  to.host = settings.admin.listen.host;
  to.port = settings.admin.listen.port;
  return to;
}

hub::HubOptions HubOptionsOf(const config::Settings& settings, uint64_t seed) {
  const config::FetchSettings& from = settings.fetch;
  hub::HubOptions to;
  to.revalidations_in_flight = from.revalidate_in_flight;
  to.revalidations = {.max_items = from.revalidate_batch};
  to.urgent = {.max_items = from.batch, .window = from.batch_window};
  to.revalidate_jitter = from.revalidate_jitter;
  to.audit_period = from.audit_period;
  to.kept_bytes = from.kept_bytes;
  to.coalescer.backoff_min = from.backoff_min;
  to.coalescer.backoff_max = from.backoff_max;
  to.coalescer.versions = {.reset_after = from.version_reset_after,
                           .reset_answers = static_cast<uint32_t>(from.version_reset_answers)};
  to.seed = seed;
  return to;
}

fetch_grpc::GrpcTargetOptions TargetOptionsOf(const std::string& name,
                                              const config::TargetSettings& target,
                                              const config::Settings& settings) {
  fetch_grpc::GrpcTargetOptions to;
  to.name = name;
  to.addresses = target.address;
  to.bearer_key = target.bearer_key;
  to.tls.enabled = target.tls.enabled;
  to.tls.ca_file = target.tls.ca_file;
  to.tls.cert_file = target.tls.cert_file;
  to.tls.key_file = target.tls.key_file;
  to.fetch_timeout = target.timeout;
  to.message_timeout = settings.classic.pass_through_timeout;
  to.max_receive_bytes = target.max_receive_bytes;
  to.max_rows = settings.fetch.max_rows;
  to.max_state_bytes = settings.fetch.max_state_bytes;
  return to;
}

bus_nats::NatsLinkOptions NatsOptionsOf(const config::Settings& settings,
                                        const std::string& replica_id) {
  const config::NatsSettings& from = settings.bus.nats;
  bus_nats::NatsLinkOptions to;
  to.urls = from.urls;
  to.credentials_file = from.credentials_file;
  to.tls.enabled = from.tls.enabled;
  to.tls.ca_file = from.tls.ca_file;
  to.tls.cert_file = from.tls.cert_file;
  to.tls.key_file = from.tls.key_file;
  to.name = "entity-sync-gateway " + replica_id;
  to.write_deadline = from.write_deadline;
  to.ping_interval = from.ping_interval;
  to.reconnect_wait = from.reconnect_wait;
  to.publish_limits = {.max_messages = settings.bus.queue_messages,
                       .max_bytes = settings.bus.queue_bytes};
  to.delivery_limits = {.max_messages = from.pending_messages, .max_bytes = from.pending_bytes};
  return to;
}

changelog::ChangeLogOptions ChangeLogOptionsOf(const config::Settings& settings,
                                               changelog::Origin origin) {
  changelog::ChangeLogOptions to;
  to.prefix = settings.prefix;
  to.origin = std::move(origin);
  to.heartbeat_interval = settings.bus.heartbeat_interval;
  to.gather = settings.bus.gather;
  return to;
}

}  // namespace entitysync::server
