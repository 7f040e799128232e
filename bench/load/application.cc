#include "bench/load/application.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <grpcpp/alarm.h>

#include <chrono>

#include "bench/lib/row.h"

namespace entitysync::bench {

// One call: finished at once, or when its time has come.
class Application::Answer final : public grpc::ServerUnaryReactor {
 public:
  explicit Answer(Application& application) : application_(application) {
    const uint64_t now = application_.in_flight_.fetch_add(1) + 1;
    uint64_t most = application_.most_in_flight_.load();
    while (now > most && !application_.most_in_flight_.compare_exchange_weak(most, now)) {
    }
  }

  void FinishLater(const grpc::Status& status) {
    const int64_t wait = application_.options_.answer_after_us;
    if (wait == 0) return Finish(status);
    alarm_.Set(std::chrono::system_clock::now() + std::chrono::microseconds(wait),
               [this, status](bool) { Finish(status); });
  }

  void OnDone() override {
    application_.in_flight_.fetch_sub(1);
    delete this;
  }

 private:
  Application& application_;
  grpc::Alarm alarm_;
};

absl::StatusOr<std::unique_ptr<Application>> Application::Start(Options options,
                                                                const KeyTable& table) {
  std::unique_ptr<Application> application(new Application(std::move(options), table));
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(application->options_.address, grpc::InsecureServerCredentials(),
                           &application->port_);
  builder.RegisterService(application.get());
  application->server_ = builder.BuildAndStart();
  if (application->server_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot serve at ", application->options_.address,
                                               ": choose a free port, or port 0"));
  }
  return application;
}

Application::~Application() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

boost::json::object Application::Counts() const {
  return {{"fetches", fetches_.load()},
          {"batches", batches_.load()},
          {"batch_items", batch_items_.load()},
          {"in_flight", in_flight_.load()},
          {"most_in_flight", most_in_flight_.load()}};
}

void Application::ClearCounts() {
  fetches_ = 0;
  batches_ = 0;
  batch_items_ = 0;
  most_in_flight_ = 0;
}

bool Application::MayCall(const grpc::CallbackServerContext& context) const {
  if (options_.bearer.empty()) return true;
  const auto found = context.client_metadata().find("authorization");
  return found != context.client_metadata().end() && found->second == "Bearer " + options_.bearer;
}

bool Application::Fill(const v1::EntityKey& key, v1::FetchEntityResponse& response) const {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(key.id(), &number) || number >= KeyTable::kMaxKeys) return false;
  const KeyTable::State state = table_.Read(number);
  WriteRow({number, state.seq, state.at_ns}, options_.row_bytes, *response.add_rows());
  if (options_.versioned) response.set_version(state.seq);
  return true;
}

grpc::ServerUnaryReactor* Application::FetchEntity(grpc::CallbackServerContext* context,
                                                   const v1::FetchEntityRequest* request,
                                                   v1::FetchEntityResponse* response) {
  fetches_.fetch_add(1, std::memory_order_relaxed);
  auto* const answer = new Answer(*this);
  if (!MayCall(*context)) {
    answer->Finish({grpc::StatusCode::UNAUTHENTICATED, "the bearer key is wrong"});
  } else if (!Fill(request->key(), *response)) {
    answer->Finish({grpc::StatusCode::NOT_FOUND, "keys are numbers"});
  } else {
    answer->FinishLater(grpc::Status::OK);
  }
  return answer;
}

grpc::ServerUnaryReactor* Application::FetchEntities(grpc::CallbackServerContext* context,
                                                     const v1::FetchEntitiesRequest* request,
                                                     v1::FetchEntitiesResponse* response) {
  batches_.fetch_add(1, std::memory_order_relaxed);
  batch_items_.fetch_add(static_cast<uint64_t>(request->items_size()), std::memory_order_relaxed);
  auto* const answer = new Answer(*this);
  if (!MayCall(*context)) {
    answer->Finish({grpc::StatusCode::UNAUTHENTICATED, "the bearer key is wrong"});
    return answer;
  }
  for (const v1::FetchEntityRequest& item : request->items()) {
    v1::FetchEntityResult& result = *response->add_results();
    if (!Fill(item.key(), *result.mutable_response())) {
      result.mutable_status()->set_code(grpc::StatusCode::NOT_FOUND);
    }
  }
  answer->FinishLater(grpc::Status::OK);
  return answer;
}

}  // namespace entitysync::bench
