#include "gateway/ws/admission.h"

#include "gateway/ws/worker.h"

namespace entitysync::ws {
namespace {

// Asks the kernel only if there is a limit. A client that is gone already has no address.
std::optional<ClientAddress> LimitedAddressOf(const Shared& shared, const TcpSocket& socket) {
  if (!shared.address_budget.is_limited()) return std::nullopt;
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  return ClientAddress(endpoint.address());
}

}  // namespace

Admission Admit(Shared& shared, const TcpSocket& socket) {
  const std::optional<ClientAddress> address = LimitedAddressOf(shared, socket);
  if (address.has_value() && !shared.address_budget.TryAcquire(*address)) {
    return {Verdict::kTooManyOfThisAddress, std::nullopt};
  }
  if (shared.budget.TryAcquire()) return {Verdict::kServed, address};
  if (address.has_value()) shared.address_budget.Release(*address);
  return {Verdict::kTooMany, std::nullopt};
}

void Release(Shared& shared, const Admission& admission) {
  if (!admission.is_served()) return;
  if (admission.address.has_value()) shared.address_budget.Release(*admission.address);
  shared.budget.Release();
}

}  // namespace entitysync::ws
