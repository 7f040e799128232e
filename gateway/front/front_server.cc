#include "gateway/front/front_server.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <grpc/support/time.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "gateway/base/file.h"

namespace entitysync::front {
namespace {

int Milliseconds(base::Duration duration) {
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return static_cast<int>(std::clamp<int64_t>(count, 1, std::numeric_limits<int>::max()));
}

// gRPC offers health and reflection only by switches for all servers of a process that start later.
void EnableHealthAndReflection() {
  static const bool enabled = [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    return true;
  }();
  static_cast<void>(enabled);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const FrontTls& tls) {
  if (tls.cert_file.empty() && tls.key_file.empty() && tls.client_ca_file.empty()) {
    return grpc::InsecureServerCredentials();
  }
  if (tls.cert_file.empty() || tls.key_file.empty()) {
    return absl::InvalidArgumentError("tls needs both a certificate file and a key file");
  }
  absl::StatusOr<std::string> cert = base::ReadPem(tls.cert_file, base::kPemCertificate);
  if (!cert.ok()) return cert.status();
  absl::StatusOr<std::string> key = base::ReadPem(tls.key_file, base::kPemPrivateKey);
  if (!key.ok()) return key.status();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({*std::move(key), *std::move(cert)});
  if (!tls.client_ca_file.empty()) {
    absl::StatusOr<std::string> ca = base::ReadPem(tls.client_ca_file, base::kPemCertificate);
    if (!ca.ok()) return ca.status();
    options.pem_root_certs = *std::move(ca);
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(options);
}

void SetArguments(const FrontOptions& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(
      std::min<size_t>(options.max_receive_bytes, std::numeric_limits<int>::max())));
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  // Else two gateways on one port would each take half of the connections, silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxCalls);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             Milliseconds(options.max_connection_age));
  // A stream that began when its connection was told to go reaches its own age before the grace
  // ends.
  builder.AddChannelArgument(
      GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
      Milliseconds(options.max_connection_age + options.max_connection_age_grace));
  // Notices callers that are gone, and lets callers notice us every 10 s, idle or not.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 9'000);
}

}  // namespace

FrontServer::FrontServer(FrontOptions options, changelog::ChangePublisher& publisher,
                         ServesEntity serves, metrics::FrontMetrics& metrics, base::Logger log)
    : options_(std::move(options)),
      log_(std::move(log)),
      service_(options_, std::move(serves), publisher, metrics) {}

FrontServer::~FrontServer() { Stop(base::Duration::zero()); }

absl::Status FrontServer::CheckAccess() const {
  if (options_.insecure || !options_.bearer_key.empty() || IsLoopback(options_.listen)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "front: anyone could notify on \"", options_.listen,
      "\": set a bearer key, listen on a loopback address, or set insecure to allow it"));
}

absl::Status FrontServer::Start() {
  if (absl::Status status = CheckAccess(); !status.ok()) return status;
  const bool is_unix = absl::StartsWith(options_.listen, "unix");
  if (!is_unix && options_.listen.find(':') == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("front: \"", options_.listen, "\" has no port; write host:port"));
  }
  const auto credentials = Credentials(options_.tls);
  if (!credentials.ok()) {
    return absl::Status(credentials.status().code(),
                        absl::StrCat("front: ", credentials.status().message()));
  }
  EnableHealthAndReflection();
  grpc::ServerBuilder builder;
  SetArguments(options_, builder);
  builder.AddListeningPort(options_.listen, *credentials, &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(absl::StrCat(
        "front: cannot listen on \"", options_.listen, "\": it is taken or not an address of this ",
        "host", options_.tls.cert_file.empty() ? "" : ", or the TLS files do not belong together"));
  }
  if (is_unix) port_ = 0;
  SetServing(false);
  log_->info("front: listening on {} port {}", options_.listen, port_);
  return absl::OkStatus();
}

void FrontServer::SetServing(bool serving) {
  if (server_ == nullptr) return;
  grpc::HealthCheckServiceInterface* const health = server_->GetHealthCheckService();
  health->SetServingStatus("", serving);
  health->SetServingStatus(v1::GatewayService::service_full_name(), serving);
}

void FrontServer::Stop(base::Duration grace) {
  if (server_ == nullptr) return;
  service_.CloseStreams();
  server_->Shutdown(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(grace.count(), GPR_TIMESPAN)));
  server_.reset();
}

}  // namespace entitysync::front
