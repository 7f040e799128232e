#include "service/gateway_client.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>

#include "service/requests.h"
#include "service/status.h"
#include "service/stream_channel.h"
#include "service/tls.h"

namespace entitysync::service {
namespace {

// "host:port" as a target; what names a scheme is one already.
std::string ToTarget(const std::string& address) {
  constexpr std::string_view kSchemes[] = {
      "dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:", "xds:"};
  const bool is_target =
      address.find("://") != std::string::npos ||
      std::any_of(std::begin(kSchemes), std::end(kSchemes),
                  [&](std::string_view scheme) { return address.starts_with(scheme); });
  return is_target ? address : "dns:///" + address;
}

grpc::ChannelArguments MakeArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  // A proxy for the web is none for gateways.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The defaults reach two minutes: far too long after a gateway restarted. The "minimum" is how
  // long one attempt to connect may take, not how soon the next one comes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Finds out that a gateway vanished without a word. Only while calls are in flight: servers may
  // refuse pings on idle connections.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  return arguments;
}

}  // namespace

bool IsWorthRetrying(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kResourceExhausted:
      return false;
    default:
      return true;
  }
}

absl::StatusOr<std::unique_ptr<GatewayClient>> GatewayClient::Create(
    const NotifierOptions& options) {
  auto credentials = MakeChannelCredentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  std::vector<std::unique_ptr<Stub>> stubs;
  for (const std::string& address : options.gateways) {
    if (address.empty()) return absl::InvalidArgumentError("a gateway's address is empty");
    stubs.push_back(v1::GatewayService::NewStub(
        grpc::CreateCustomChannel(ToTarget(address), *credentials, MakeArguments())));
  }
  return std::unique_ptr<GatewayClient>(new GatewayClient(std::move(stubs), options.key));
}

GatewayClient::GatewayClient(std::vector<std::unique_ptr<Stub>> stubs, const std::string& key)
    : stubs_(std::move(stubs)),
      authorization_(key.empty() ? "" : "Bearer " + key),
      // Processes that start together do not all begin with the first gateway.
      next_(std::random_device()() % stubs_.size()) {}

absl::Status GatewayClient::Attempt(std::span<const Change> changes,
                                    std::chrono::milliseconds timeout) {
  Call call;
  Fill(call, changes, timeout);
  return FromGrpc(NextStub().NotifyChange(&call.context, call.request, &call.response));
}

void GatewayClient::Start(Call& call, std::span<const Change> changes,
                          std::chrono::milliseconds timeout,
                          std::function<void(absl::Status)> done) {
  Fill(call, changes, timeout);
  NextStub().async()->NotifyChange(
      &call.context, &call.request, &call.response,
      [done = std::move(done)](const grpc::Status& status) { done(FromGrpc(status)); });
}

std::unique_ptr<Channel> GatewayClient::OpenStream(ChannelListener& listener) {
  return std::make_unique<StreamChannel>(NextStub(), authorization_, listener);
}

void GatewayClient::Fill(Call& call, std::span<const Change> changes,
                         std::chrono::milliseconds timeout) const {
  AddChanges(changes, *call.request.mutable_changes());
  // Monotonic, so that setting the machine's clock does not matter.
  call.context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                         gpr_time_from_millis(timeout.count(), GPR_TIMESPAN)));
  if (!authorization_.empty()) call.context.AddMetadata("authorization", authorization_);
}

GatewayClient::Stub& GatewayClient::NextStub() {
  return *stubs_[next_.fetch_add(1, std::memory_order_relaxed) % stubs_.size()];
}

}  // namespace entitysync::service
