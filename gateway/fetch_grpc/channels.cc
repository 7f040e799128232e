#include "gateway/fetch_grpc/channels.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "gateway/base/file.h"
#include "gateway/fetch_grpc/addresses.h"

namespace entitysync::fetch_grpc {
namespace {

grpc::ChannelArguments Arguments(const GrpcTargetOptions& options) {
  grpc::ChannelArguments args;
  args.SetLoadBalancingPolicyName("round_robin");
  // An application that comes back is found within 2 s: gRPC adds up to 20 % to the backoff. The
  // "minimum" is also how long one attempt to connect may take.
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'600);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'600);
  // After a failure the name is asked again at most once a second, not every 30 s: containers come
  // back under other addresses.
  args.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1'000);
  // Finds a dead peer while calls wait. Without calls there are no pings: servers of most languages
  // take those for abuse.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
  // Only transparent retries (a request that no application saw): the coalescer paces the others.
  // A service config found in DNS must not add any.
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // Applications are near; a proxy meant for the world outside would only break the connection.
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetMaxReceiveMessageSize(static_cast<int>(std::min<size_t>(
      options.max_receive_bytes, static_cast<size_t>(std::numeric_limits<int>::max()))));
  args.SetUserAgentPrefix("entity-sync-gateway");
  if (!options.tls.server_name.empty()) args.SetSslTargetNameOverride(options.tls.server_name);
  return args;
}

absl::StatusOr<std::string> ReadOptional(const std::string& path, const char* kind) {
  return path.empty() ? std::string() : base::ReadPem(path, kind);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const TlsOptions& tls) {
  if (!tls.enabled) return grpc::InsecureChannelCredentials();
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return absl::InvalidArgumentError("tls: a certificate and its key go together: name both");
  }
  absl::StatusOr<std::string> ca = ReadOptional(tls.ca_file, base::kPemCertificate);
  if (!ca.ok()) return ca.status();
  absl::StatusOr<std::string> cert = ReadOptional(tls.cert_file, base::kPemCertificate);
  if (!cert.ok()) return cert.status();
  absl::StatusOr<std::string> key = ReadOptional(tls.key_file, base::kPemPrivateKey);
  if (!key.ok()) return key.status();
  return grpc::SslCredentials({*std::move(ca), *std::move(key), *std::move(cert)});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Channels>> Channels::Open(const GrpcTargetOptions& options) {
  const absl::StatusOr<std::vector<std::string>> targets = ParseAddresses(options.addresses);
  if (!targets.ok()) return targets.status();
  const auto credentials = Credentials(options.tls);
  if (!credentials.ok()) return credentials.status();

  const grpc::ChannelArguments args = Arguments(options);
  std::unique_ptr<Channels> channels(new Channels);
  for (const std::string& target : *targets) {
    auto channel = grpc::CreateCustomChannel(target, *credentials, args);
    // A channel begins idle, but as a failure if gRPC refuses its target.
    if (channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
      return absl::InvalidArgumentError(
          absl::StrCat("gRPC cannot use \"", target, "\": check the address"));
    }
    // Connecting begins now, so that the first call finds a connection.
    channel->GetState(/*try_to_connect=*/true);
    channels->endpoints_.push_back({channel, v1::EntityService::NewStub(channel)});
  }
  return channels;
}

Channels::Stub& Channels::Pick() {
  const size_t count = endpoints_.size();
  if (count == 1) return *endpoints_[0].stub;
  std::array<Stub*, kMaxAddresses> ready;
  std::array<Stub*, kMaxAddresses> connecting;
  size_t ready_count = 0;
  size_t connecting_count = 0;
  for (Endpoint& endpoint : endpoints_) {
    const grpc_connectivity_state state = endpoint.channel->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) {
      ready[ready_count++] = endpoint.stub.get();
    } else if (state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
      connecting[connecting_count++] = endpoint.stub.get();
    }
  }
  const uint32_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  if (ready_count > 0) return *ready[turn % ready_count];
  if (connecting_count > 0) return *connecting[turn % connecting_count];
  return *endpoints_[turn % count].stub;
}

}  // namespace entitysync::fetch_grpc
