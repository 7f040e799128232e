#include "bench/load/grpc_publisher.h"

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "bench/lib/clock.h"

namespace entitysync::bench {
namespace {

constexpr uint64_t kMaxUnanswered = 1'000;
constexpr auto kConnectPatience = std::chrono::seconds(10);
constexpr int64_t kAnswerPatienceNs = 30'000'000'000;

}  // namespace

struct GrpcPublisher::Call {
  grpc::ClientContext context;
  v1::NotifyChangeRequest request;
  v1::NotifyChangeResponse response;
  int64_t began_ns = 0;
};

absl::StatusOr<std::unique_ptr<Publisher>> GrpcPublisher::Connect(Options options) {
  std::unique_ptr<GrpcPublisher> publisher(new GrpcPublisher(std::move(options)));
  for (const std::string& target : publisher->options_.targets) {
    const auto channel = grpc::CreateChannel(target, grpc::InsecureChannelCredentials());
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + kConnectPatience)) {
      return absl::UnavailableError(
          absl::StrCat("no gateway answers at ", target, ": is it its front's address?"));
    }
    publisher->stubs_.push_back(v1::GatewayService::NewStub(channel));
  }
  return std::unique_ptr<Publisher>(std::move(publisher));
}

GrpcPublisher::~GrpcPublisher() { WaitUnanswered(0, MonotonicNs() + kAnswerPatienceNs); }

void GrpcPublisher::Notify(std::span<const Changed> changes) {
  WaitUnanswered(kMaxUnanswered - 1, MonotonicNs() + kAnswerPatienceNs);
  auto call = std::make_unique<Call>();
  if (!options_.bearer.empty()) {
    call->context.AddMetadata("authorization", "Bearer " + options_.bearer);
  }
  for (const Changed& changed : changes) {
    v1::Change& change = *call->request.add_changes();
    change.mutable_key()->set_entity("items");
    change.mutable_key()->set_id(std::to_string(changed.key));
    if (options_.versioned) change.set_version(changed.seq);
  }
  {
    const std::lock_guard lock(mutex_);
    ++unanswered_;
    ++counts_.calls;
  }
  call->began_ns = MonotonicNs();
  v1::GatewayService::Stub& stub = *stubs_[turn_++ % stubs_.size()];
  Call& rpc = *call;
  stub.async()->NotifyChange(&rpc.context, &rpc.request, &rpc.response,
                             [this, call = std::shared_ptr<Call>(std::move(call))](
                                 const grpc::Status& status) { Answered(*call, status); });
}

void GrpcPublisher::Answered(const Call& call, const grpc::Status& status) {
  const int64_t took = MonotonicNs() - call.began_ns;
  const std::lock_guard lock(mutex_);
  counts_.answers.Add(took);
  if (!status.ok()) {
    ++counts_.failed;
    if (counts_.first_failure.empty()) counts_.first_failure = status.error_message();
  }
  // Under the lock: whoever waits may be the destructor.
  if (--unanswered_ <= wanted_) answered_.notify_all();
}

bool GrpcPublisher::WaitUnanswered(uint64_t most, int64_t deadline_ns) {
  std::unique_lock lock(mutex_);
  wanted_ = most;
  return answered_.wait_for(lock, std::chrono::nanoseconds(deadline_ns - MonotonicNs()),
                            [&] { return unanswered_ <= most; });
}

PublisherCounts GrpcPublisher::Counts() {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void GrpcPublisher::ClearCounts() {
  const std::lock_guard lock(mutex_);
  counts_ = {};
}

}  // namespace entitysync::bench
