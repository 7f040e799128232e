#pragma once

#include <absl/container/flat_hash_map.h>
#include <google/protobuf/arena.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "gateway/base/time.h"
#include "gateway/fetch/entity_source.h"

namespace entitysync::fetch_grpc {

class RunningCall;

// Knows the calls that run, so that they can be cancelled together and waited for.
//
// Owner and lifetime: shared by a GrpcTarget and its calls, so the last of them ends it.
// Threading: any thread; one short lock per start and end of a call.
// Limits: as many entries as calls run, which is the callers' affair.
// Errors: none.
class CallRegistry {
 public:
  // After CancelAll the call is cancelled before it starts.
  void Add(const std::shared_ptr<RunningCall>& call);
  void Remove(const RunningCall* call);

  // Cancels all calls, present and future: they end with CANCELLED.
  void CancelAll();

  // Whether no call is running within `bound`. Once true, none holds a channel.
  bool WaitUntilNone(base::Duration bound);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  absl::flat_hash_map<const RunningCall*, std::weak_ptr<RunningCall>> calls_;
  bool cancelled_ = false;
};

// One call under way, owned by gRPC's completion callback. Whoever claims it first, completion or
// cancellation, owns what is to be told to the caller.
class RunningCall {
 public:
  explicit RunningCall(std::shared_ptr<CallRegistry> registry)
      : ticket_(std::move(registry), this) {}
  virtual ~RunningCall() = default;
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

  bool Claim() { return !claimed_.exchange(true); }
  grpc::ClientContext& context() { return context_; }

 private:
  // Leaves the registry when all else of the call, its hold on the channel included, is gone.
  struct Ticket {
    Ticket(std::shared_ptr<CallRegistry> r, const RunningCall* c)
        : registry(std::move(r)), call(c) {}
    ~Ticket() { registry->Remove(call); }
    std::shared_ptr<CallRegistry> registry;
    const RunningCall* call;
  };

  Ticket ticket_;  // First, so that it is destroyed last.
  std::atomic<bool> claimed_ = false;
  grpc::ClientContext context_;
};

// A call with its messages, which live on an arena: a batch is thousands of small objects.
template <typename RequestT, typename ResponseT, typename DoneT>
class Call : public RunningCall {
 public:
  // `bytes`: about what the messages need.
  Call(std::shared_ptr<CallRegistry> registry, size_t bytes, DoneT done)
      : RunningCall(std::move(registry)), arena_(OptionsFor(bytes)), done_(std::move(done)) {}

  RequestT& request() { return request_; }
  ResponseT& response() { return response_; }

  // Tells the caller, unless it cancelled.
  template <typename Answer>
  void Complete(Answer answer) {
    if (!Claim()) return;
    DoneT done = std::move(done_);
    done(std::move(answer));
  }

  // Drops the caller's callback and tells the application.
  void Abandon() {
    if (!Claim()) return;
    const DoneT dropped = std::move(done_);
    context().TryCancel();
  }

 private:
  static google::protobuf::ArenaOptions OptionsFor(size_t bytes) {
    google::protobuf::ArenaOptions options;
    options.start_block_size = bytes;
    return options;
  }

  google::protobuf::Arena arena_;
  RequestT& request_ = *google::protobuf::Arena::CreateMessage<RequestT>(&arena_);
  ResponseT& response_ = *google::protobuf::Arena::CreateMessage<ResponseT>(&arena_);
  DoneT done_;
};

// What the caller holds: cancels when destroyed, does not keep the call alive.
template <typename CallT>
class CallHandle : public fetch::FetchCall {
 public:
  explicit CallHandle(std::weak_ptr<CallT> call) : call_(std::move(call)) {}
  ~CallHandle() override {
    if (const std::shared_ptr<CallT> call = call_.lock()) call->Abandon();
  }

 private:
  std::weak_ptr<CallT> call_;
};

}  // namespace entitysync::fetch_grpc
