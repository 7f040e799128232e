#include "tests/unit/service/entity_client.h"

#include <future>

namespace entitysync {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return "";
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

}  // namespace

bool EntityClient::IsServing(const std::string& service) {
  // HealthCheckRequest{service = 1}; HealthCheckResponse{status = 1}, SERVING is 1.
  const std::string request =
      service.empty() ? "" : "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
  return CallRaw("/grpc.health.v1.Health/Check", request) == "\x08\x01";
}

std::string EntityClient::ListServicesByReflection() {
  // ServerReflectionRequest{list_services = 7}; a stream with one question looks like a unary call.
  return CallRaw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                 std::string("\x3a\x00", 2));
}

std::string EntityClient::CallRaw(const std::string& method, const std::string& request) {
  grpc::ClientContext context;
  Prepare(context);
  grpc::GenericStub stub(channel_);
  const grpc::ByteBuffer in = ToBuffer(request);
  grpc::ByteBuffer out;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, {}, &in, &out,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get().ok() ? ToString(out) : "";
}

}  // namespace entitysync
