#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Everything that can be configured about a gateway, as plain values. A default-constructed
// Settings is valid: one replica on the in-process bus, reachable by clients and, from the same
// host, by applications.
//
// Owner and lifetime: built before threads start (config::Load, or by hand), then never changed;
//   copied or borrowed by what it configures.
// Units: durations are milliseconds, sizes are bytes, unless a name says otherwise. What each
//   setting means, its bounds and its name in a configuration file stand in docs/CONFIGURATION.md.
// Errors: these structs check nothing. config::Validate names what does not fit together.
namespace entitysync::config {

using Duration = std::chrono::milliseconds;

inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;

// Where to listen. `host` is an address literal, never a name; port 0 lets the system choose.
struct ListenAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 0;

  // "127.0.0.1:8081", "[::1]:8081".
  std::string ToString() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// TLS of a listener. On when both files are named.
struct ServerTlsSettings {
  std::string cert_file;  // PEM, the chain.
  std::string key_file;   // PEM.

  bool Enabled() const { return !cert_file.empty(); }
  friend bool operator==(const ServerTlsSettings&, const ServerTlsSettings&) = default;
};

// TLS of a connection that the gateway opens.
struct ClientTlsSettings {
  bool enabled = false;
  std::string ca_file;    // PEM. Empty: the system's authorities.
  std::string cert_file;  // With key_file: the gateway's own certificate. Empty: none is shown.
  std::string key_file;

  friend bool operator==(const ClientTlsSettings&, const ClientTlsSettings&) = default;
};

struct WebsocketSettings {
  ListenAddress listen{"0.0.0.0", 8080};
  std::string path = "/ws/entity-sync/";
  std::vector<std::string> allowed_origins;  // Besides the same origin. "*": every origin.
  ServerTlsSettings tls;
  std::string credential_cookie;           // Name of a cookie that carries the secret. Empty: none.
  size_t max_message_bytes = 64 * kKiB;    // Of classic clients,
  size_t max_v1_message_bytes = 1 * kMiB;  // and of those of v1.
  size_t max_states_per_second = 0;        // Of one v1 subscription. 0: no limit.
  size_t max_subscriptions_per_connection = 10'000;
  size_t max_connections = 0;                 // 0: what the limit of open descriptors allows.
  size_t max_connections_per_address = 0;     // 0: no limit.
  size_t max_accepts_per_second = 10'000;     // Of the replica, on average. 0: no limit.
  size_t accept_burst = 10'000;               // Of the replica, at once.
  size_t max_messages_per_second = 2'500;     // Of one connection, on average. 0: no limit.
  size_t message_burst = 20'000;              // Of one connection, at once.
  size_t max_subscribes_per_second = 50'000;  // Of the replica, on average. 0: no limit.
  size_t subscribe_burst = 50'000;            // Of the replica, at once.
  Duration handshake_timeout = std::chrono::seconds(10);
  Duration heartbeat_interval = std::chrono::seconds(25);
  Duration write_stall_timeout = std::chrono::seconds(30);
  Duration close_timeout = std::chrono::seconds(5);
  bool compression = false;  // permessage-deflate, with clients that offer it.
  size_t compression_level = 3;
  size_t compression_min_bytes = 512;  // Shorter messages are not compressed.
  size_t send_buffer_bytes = 64 * kKiB;
  size_t flush_bytes = 64 * kKiB;
  size_t reply_queue_bytes = 1 * kMiB;

  friend bool operator==(const WebsocketSettings&, const WebsocketSettings&) = default;
};

struct FrontTlsSettings {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  // Set: applications must show a certificate of this authority.

  bool Enabled() const { return !cert_file.empty(); }
  friend bool operator==(const FrontTlsSettings&, const FrontTlsSettings&) = default;
};

struct FrontSettings {
  ListenAddress listen{"127.0.0.1", 8081};
  std::string bearer_key;  // Secret. Empty: applications need none.
  bool insecure = false;
  FrontTlsSettings tls;
  Duration notify_timeout = std::chrono::seconds(2);
  size_t max_receive_bytes = 16 * kMiB;
  size_t max_changes_per_call = 10'000;
  size_t max_streams = 1'000;
  size_t stream_window = 10'000;  // Changes.
  Duration max_connection_age = std::chrono::minutes(5);

  friend bool operator==(const FrontSettings&, const FrontSettings&) = default;
};

struct AdminSettings {
  ListenAddress listen{"127.0.0.1", 8082};

  friend bool operator==(const AdminSettings&, const AdminSettings&) = default;
};

enum class BusKind : uint8_t { kInProcess, kNats };

struct NatsSettings {
  std::vector<std::string> urls;  // May carry user and password: secret.
  std::string credentials_file;   // Empty: none.
  ClientTlsSettings tls;
  Duration write_deadline = std::chrono::seconds(1);
  Duration ping_interval = std::chrono::seconds(2);
  Duration reconnect_wait = std::chrono::milliseconds(250);
  size_t pending_messages = 65'536;  // Received and not yet handled.
  size_t pending_bytes = 64 * kMiB;

  friend bool operator==(const NatsSettings&, const NatsSettings&) = default;
};

struct BusSettings {
  BusKind kind = BusKind::kInProcess;
  NatsSettings nats;
  size_t queue_messages = 65'536;  // Waiting to be published.
  size_t queue_bytes = 64 * kMiB;
  Duration heartbeat_interval = std::chrono::seconds(1);
  Duration gather = std::chrono::milliseconds(1);  // Of streams; 0: not at all.

  friend bool operator==(const BusSettings&, const BusSettings&) = default;
};

// One application. `address` is one gRPC target of any kind ("dns:///app:9000", "unix:/run/app"),
// or several "host:port"; calls go round robin over all that it resolves to.
struct TargetSettings {
  std::vector<std::string> address;
  std::string bearer_key;  // Secret. Empty: none is sent.
  ClientTlsSettings tls;
  Duration timeout = std::chrono::seconds(5);
  size_t max_in_flight = 256;
  size_t max_queued = 10'000;
  size_t max_receive_bytes = 16 * kMiB;

  friend bool operator==(const TargetSettings&, const TargetSettings&) = default;
};

// One entity type.
struct EntitySettings {
  std::string target;                    // A name of Settings::targets. Empty: the default target.
  std::optional<bool> classic_snapshot;  // Absent: ClassicSettings::snapshot.
  std::optional<Duration> keep_state;    // Absent: FetchSettings::keep_state.
  bool batch = true;                     // False: its fetches travel with no others.

  friend bool operator==(const EntitySettings&, const EntitySettings&) = default;
};

struct ClassicSettings {
  bool snapshot = false;
  std::string pass_through_target;  // A name of Settings::targets. Empty: no pass-through.
  size_t pass_through_queue_messages = 64;
  size_t pass_through_queue_bytes = 1 * kMiB;
  Duration pass_through_timeout = std::chrono::seconds(5);

  friend bool operator==(const ClassicSettings&, const ClassicSettings&) = default;
};

struct FetchSettings {
  Duration backoff_min = std::chrono::milliseconds(100);
  Duration backoff_max = std::chrono::seconds(10);
  Duration version_reset_after = std::chrono::seconds(10);
  size_t version_reset_answers = 5;
  size_t max_rows = 1'000;
  size_t max_state_bytes = 1 * kMiB;
  size_t batch = 100;  // 1: each fetch in a call of its own.
  Duration batch_window = std::chrono::milliseconds(2);
  size_t revalidate_in_flight = 64;
  size_t revalidate_batch = 100;
  Duration revalidate_jitter = std::chrono::milliseconds(250);
  Duration audit_period = std::chrono::minutes(10);  // 0: no audit.
  Duration keep_state{0};                            // 0: nothing is kept of what nobody watches.
  size_t kept_bytes = 64 * kMiB;

  friend bool operator==(const FetchSettings&, const FetchSettings&) = default;
};

struct DrainSettings {
  Duration unready_delay = std::chrono::seconds(5);
  Duration window = std::chrono::seconds(20);
  Duration timeout = std::chrono::seconds(30);  // The whole drain, the two above included.

  friend bool operator==(const DrainSettings&, const DrainSettings&) = default;
};

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : uint8_t { kText, kJson };

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct Settings {
  std::string prefix = "entitysync";
  std::string replica_id;  // Empty: a random one.
  size_t workers = 0;      // 0: one per core.
  WebsocketSettings websocket;
  FrontSettings front;
  AdminSettings admin;
  BusSettings bus;
  std::map<std::string, TargetSettings> targets;   // By name.
  std::string default_target;                      // Serves all types not named. Empty: none.
  std::map<std::string, EntitySettings> entities;  // By entity type.
  ClassicSettings classic;
  FetchSettings fetch;
  DrainSettings drain;
  LogSettings log;

  friend bool operator==(const Settings&, const Settings&) = default;
};

// The name of the target that serves entity type `type`, or nullptr if none does.
inline const std::string* TargetOf(const Settings& settings, const std::string& type) {
  const auto entity = settings.entities.find(type);
  const bool named = entity != settings.entities.end() && !entity->second.target.empty();
  const std::string& name = named ? entity->second.target : settings.default_target;
  return name.empty() ? nullptr : &name;
}

// Whether a classic subscription to entity type `type` begins with a snapshot.
inline bool ClassicSnapshot(const Settings& settings, const std::string& type) {
  const auto entity = settings.entities.find(type);
  if (entity == settings.entities.end()) return settings.classic.snapshot;
  return entity->second.classic_snapshot.value_or(settings.classic.snapshot);
}

// For how long a state of entity type `type` is kept when its last watcher left.
inline Duration KeepState(const Settings& settings, const std::string& type) {
  const auto entity = settings.entities.find(type);
  if (entity == settings.entities.end()) return settings.fetch.keep_state;
  return entity->second.keep_state.value_or(settings.fetch.keep_state);
}

}  // namespace entitysync::config
