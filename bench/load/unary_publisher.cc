#include "bench/load/unary_publisher.h"

#include <grpcpp/grpcpp.h>

#include "bench/lib/clock.h"

namespace entitysync::bench {

struct UnaryPublisher::Call {
  grpc::ClientContext context;
  v1::NotifyChangeRequest request;
  v1::NotifyChangeResponse response;
  int64_t began_ns = 0;
};

void UnaryPublisher::Notify(std::span<const Changed> changes) {
  calls_.Begin();
  auto call = std::make_shared<Call>();
  gateways_.Authorize(call->context);
  gateways_.Add(changes, call->request);
  call->began_ns = MonotonicNs();
  Call& rpc = *call;
  stubs_[NextTurn()]->async()->NotifyChange(
      &rpc.context, &rpc.request, &rpc.response,
      [this, call = std::move(call)](const grpc::Status& status) {
        calls_.End(MonotonicNs() - call->began_ns, status.ok(), status.error_message());
      });
}

}  // namespace entitysync::bench
