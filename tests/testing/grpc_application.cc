#include "tests/testing/grpc_application.h"

#include <atomic>
#include <utility>

namespace entitysync::testing {

// Answers once: when released, or when the caller gives up.
class GrpcApplication::HeldReactor : public grpc::ServerUnaryReactor {
 public:
  HeldReactor(GrpcApplication& application, std::function<grpc::Status()> answer)
      : application_(application), answer_(std::move(answer)) {}

  void Keep(std::shared_ptr<HeldReactor> self) { self_ = std::move(self); }

  void Answer() {
    if (!answered_.exchange(true)) Finish(answer_());
  }

  void OnCancel() override {
    if (answered_.exchange(true)) return;
    {
      const std::lock_guard lock(application_.mutex_);
      ++application_.cancels_;
    }
    application_.changed_.notify_all();
    Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { self_.reset(); }

 private:
  GrpcApplication& application_;
  const std::function<grpc::Status()> answer_;
  std::atomic<bool> answered_ = false;
  std::shared_ptr<HeldReactor> self_;
};

class GrpcApplication::Service final : public v1::EntityService::CallbackService {
 public:
  explicit Service(GrpcApplication& application) : application_(application) {}

  grpc::ServerUnaryReactor* FetchEntity(grpc::CallbackServerContext* context,
                                        const v1::FetchEntityRequest* request,
                                        v1::FetchEntityResponse* response) override {
    return application_.Arrived(*context, [this, request, response] {
      const FetchFunction fetch = application_.Copy(application_.fetch_);
      return fetch ? fetch(*request, *response) : grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* FetchEntities(grpc::CallbackServerContext* context,
                                          const v1::FetchEntitiesRequest* request,
                                          v1::FetchEntitiesResponse* response) override {
    {
      const std::lock_guard lock(application_.mutex_);
      ++application_.batches_;
    }
    return application_.Arrived(*context, [this, request, response] {
      const BatchFunction batch = application_.Copy(application_.batch_);
      return batch ? batch(*request, *response)
                   : grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "takes no batches");
    });
  }

  grpc::ServerUnaryReactor* HandleMessage(grpc::CallbackServerContext* context,
                                          const v1::HandleMessageRequest* request,
                                          v1::HandleMessageResponse* response) override {
    return application_.Arrived(*context, [this, request, response] {
      const MessageFunction message = application_.Copy(application_.message_);
      return message ? message(*request, *response)
                     : grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "takes no messages");
    });
  }

 private:
  GrpcApplication& application_;
};

GrpcApplication::GrpcApplication(GrpcApplicationTls tls)
    : tls_(std::move(tls)), service_(std::make_unique<Service>(*this)) {}

GrpcApplication::~GrpcApplication() { Stop(); }

absl::Status GrpcApplication::Start() {
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (!tls_.cert.empty()) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({tls_.key, tls_.cert});
    options.pem_root_certs = tls_.client_ca;
    if (!tls_.client_ca.empty()) {
      options.client_certificate_request =
          GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    }
    credentials = grpc::SslServerCredentials(options);
  }
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port_), credentials, &port_);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  return server_ == nullptr ? absl::UnavailableError("cannot listen") : absl::OkStatus();
}

void GrpcApplication::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_.reset();
}

std::string GrpcApplication::address() const { return "127.0.0.1:" + std::to_string(port_); }

void GrpcApplication::OnFetch(FetchFunction fetch) {
  const std::lock_guard lock(mutex_);
  fetch_ = std::move(fetch);
}

void GrpcApplication::OnBatch(BatchFunction batch) {
  const std::lock_guard lock(mutex_);
  batch_ = std::move(batch);
}

void GrpcApplication::AnswerBatchesByFetch() {
  OnBatch([this](const v1::FetchEntitiesRequest& request, v1::FetchEntitiesResponse& response) {
    const FetchFunction fetch = Copy(fetch_);
    for (const v1::FetchEntityRequest& item : request.items()) {
      v1::FetchEntityResult& result = *response.add_results();
      const grpc::Status status =
          fetch ? fetch(item, *result.mutable_response()) : grpc::Status::OK;
      if (status.ok()) continue;
      result.mutable_status()->set_code(status.error_code());
      result.mutable_status()->set_message(status.error_message());
    }
    return grpc::Status::OK;
  });
}

void GrpcApplication::OnMessage(MessageFunction message) {
  const std::lock_guard lock(mutex_);
  message_ = std::move(message);
}

void GrpcApplication::Hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
}

void GrpcApplication::Release() {
  std::vector<std::shared_ptr<HeldReactor>> waiting;
  {
    const std::lock_guard lock(mutex_);
    held_ = false;
    waiting.swap(waiting_);
  }
  for (const std::shared_ptr<HeldReactor>& reactor : waiting) reactor->Answer();
}

grpc::ServerUnaryReactor* GrpcApplication::Arrived(grpc::CallbackServerContext& context,
                                                   std::function<grpc::Status()> answer) {
  const auto reactor = std::make_shared<HeldReactor>(*this, std::move(answer));
  reactor->Keep(reactor);
  bool held;
  {
    const std::lock_guard lock(mutex_);
    ++calls_;
    metadata_.clear();
    for (const auto& [key, value] : context.client_metadata()) {
      metadata_.emplace(std::string(key.data(), key.size()),
                        std::string(value.data(), value.size()));
    }
    remaining_ = context.deadline() - std::chrono::system_clock::now();
    held = held_;
    if (held) waiting_.push_back(reactor);
  }
  changed_.notify_all();
  if (!held) reactor->Answer();
  return reactor.get();
}

int GrpcApplication::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

int GrpcApplication::batches() const {
  const std::lock_guard lock(mutex_);
  return batches_;
}

bool GrpcApplication::AwaitCalls(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kTestPatience, [&] { return calls_ >= count; });
}

bool GrpcApplication::AwaitCancels(int count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kTestPatience, [&] { return cancels_ >= count; });
}

std::multimap<std::string, std::string> GrpcApplication::last_metadata() const {
  const std::lock_guard lock(mutex_);
  return metadata_;
}

std::chrono::system_clock::duration GrpcApplication::last_remaining() const {
  const std::lock_guard lock(mutex_);
  return remaining_;
}

}  // namespace entitysync::testing
