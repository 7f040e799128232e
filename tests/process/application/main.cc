// An application server for tests that are too much for Python: fast, and a process that can be
// killed and stopped. Usage: entity-sync-test-application ADDRESS DATABASE

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "entitysync/v1/entity.grpc.pb.h"
#include "tests/process/application/counters.h"

namespace entitysync::testing {
namespace {

// "<id>: <number>", filled with spaces to the wanted size.
std::string Row(const std::string& id, const Counters& counters, size_t key) {
  std::string row = id + ": " + std::to_string(counters.Number(key));
  const size_t wanted = counters.Get(Counters::kRowBytes);
  if (row.size() < wanted) row.resize(wanted, ' ');
  return row;
}

// A call: its rows are read at once and answered after the delay that the test asks for. Deletes
// itself.
class Call final : public grpc::ServerUnaryReactor {
 public:
  explicit Call(Counters& counters) : counters_(counters) {}

  // Reads one of its rows. False: there is none.
  bool Read(const v1::FetchEntityRequest& request, v1::FetchEntityResponse& response) {
    const std::string& id = request.key().id();
    size_t key = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), key);
    if (error != std::errc() || end != id.data() + id.size() || key >= counters_.keys()) {
      return false;
    }
    counters_.Began(key, request.reason());
    ++fetches_;
    response.add_rows(Row(id, counters_, key));
    return true;
  }

  void AnswerLater() {
    const std::chrono::microseconds delay(counters_.Get(Counters::kDelayMicroseconds));
    if (delay.count() == 0) return Answer();
    alarm_.Set(std::chrono::system_clock::now() + delay, [this](bool) { Answer(); });
  }

  void OnDone() override { delete this; }

 private:
  // Counted down before the answer can be seen, else the next fetch might meet this one.
  void Answer() {
    counters_.Ended(fetches_);
    Finish(grpc::Status::OK);
  }

  Counters& counters_;
  size_t fetches_ = 0;
  grpc::Alarm alarm_;
};

class Service final : public v1::EntityService::CallbackService {
 public:
  explicit Service(Counters& counters) : counters_(counters) {}

  grpc::ServerUnaryReactor* FetchEntity(grpc::CallbackServerContext* /*context*/,
                                        const v1::FetchEntityRequest* request,
                                        v1::FetchEntityResponse* response) override {
    auto* const call = new Call(counters_);
    if (call->Read(*request, *response)) {
      call->AnswerLater();
    } else {
      call->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, kNoSuchKey));
    }
    return call;
  }

  grpc::ServerUnaryReactor* FetchEntities(grpc::CallbackServerContext* /*context*/,
                                          const v1::FetchEntitiesRequest* request,
                                          v1::FetchEntitiesResponse* response) override {
    auto* const call = new Call(counters_);
    counters_.CountBatch();
    for (const v1::FetchEntityRequest& item : request->items()) {
      v1::FetchEntityResult& result = *response->add_results();
      if (call->Read(item, *result.mutable_response())) continue;
      result.mutable_status()->set_code(grpc::StatusCode::NOT_FOUND);
      result.mutable_status()->set_message(kNoSuchKey);
    }
    call->AnswerLater();
    return call;
  }

 private:
  static constexpr char kNoSuchKey[] = "no such key";

  Counters& counters_;
};

int Main(const std::string& address, const std::string& database) {
  Counters counters;
  if (!counters.Open(database)) {
    std::fprintf(stderr, "cannot map %s\n", database.c_str());
    return 1;
  }
  Service service(counters);
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fprintf(stderr, "cannot listen on %s\n", address.c_str());
    return 1;
  }
  std::printf("listens on %s\n", address.c_str());
  std::fflush(stdout);
  server->Wait();  // Until it is killed.
  return 0;
}

}  // namespace
}  // namespace entitysync::testing

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s ADDRESS DATABASE\n", argv[0]);
    return 2;
  }
  return entitysync::testing::Main(argv[1], argv[2]);
}
