#include "bench/load/gateways.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include <chrono>

namespace entitysync::bench {
namespace {

constexpr auto kConnectPatience = std::chrono::seconds(10);

}  // namespace

absl::StatusOr<std::vector<std::unique_ptr<Gateways::Stub>>> Gateways::Connect() const {
  std::vector<std::unique_ptr<Stub>> stubs;
  for (const std::string& target : targets) {
    const auto channel = grpc::CreateChannel(target, grpc::InsecureChannelCredentials());
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kConnectPatience)) {
      return absl::UnavailableError(
          absl::StrCat("no gateway answers at ", target, ": is it its front's address?"));
    }
    stubs.push_back(v1::GatewayService::NewStub(channel));
  }
  return stubs;
}

void Gateways::Authorize(grpc::ClientContext& context) const {
  if (!bearer.empty()) context.AddMetadata("authorization", "Bearer " + bearer);
}

}  // namespace entitysync::bench
