// An application server outside the source tree: starts on a free port, is asked for an entity as a
// gateway would ask, and stops. Exits 0 if the answer is the row below.

#include <entitysync/service.h>
#include <entitysync/v1/entity.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace {

absl::StatusOr<entitysync::Answer> FetchItem(const entitysync::FetchContext& context) {
  if (context.key().id != "100") return absl::NotFoundError("no such item");
  return entitysync::Answer{.rows = {R"({"id":100})"}, .version = 7};
}

grpc::Status Ask(int port, const std::string& id, entitysync::v1::FetchEntityResponse& answer) {
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  const auto stub = entitysync::v1::EntityService::NewStub(channel);
  entitysync::v1::FetchEntityRequest request;
  request.mutable_key()->set_entity("items");
  request.mutable_key()->set_id(id);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  return stub->FetchEntity(&context, request, &answer);
}

}  // namespace

int main() {
  entitysync::ServiceOptions options;
  options.listen = "127.0.0.1:0";
  options.fetch["items"] = FetchItem;
  const auto service = entitysync::Service::Start(std::move(options));
  if (!service.ok()) {
    std::cerr << service.status() << "\n";
    return 1;
  }
  entitysync::v1::FetchEntityResponse answer;
  const grpc::Status found = Ask((*service)->port(), "100", answer);
  entitysync::v1::FetchEntityResponse nothing;
  const grpc::Status missing = Ask((*service)->port(), "101", nothing);
  (*service)->Stop();

  const bool as_expected = found.ok() && answer.rows_size() == 1 &&
                           answer.rows(0) == R"({"id":100})" && answer.version() == 7 &&
                           missing.error_code() == grpc::StatusCode::NOT_FOUND;
  std::cout << (as_expected ? "the application server answered\n" : "wrong answer\n");
  return as_expected ? 0 : 1;
}
