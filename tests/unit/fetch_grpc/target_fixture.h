#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/fetch_grpc/grpc_target.h"
#include "tests/testing/grpc_application.h"

namespace entitysync::fetch_grpc {

// The answer of one call, as it comes in on some gRPC thread.
template <typename AnswerT>
class Pending {
 public:
  explicit Pending(std::future<AnswerT> answer) : answer_(std::move(answer)) {}

  std::unique_ptr<fetch::FetchCall> call;

  // Fails the test if the answer does not come.
  AnswerT Await() {
    if (answer_.wait_for(testing::kTestPatience) != std::future_status::ready) {
      ADD_FAILURE() << "no answer came";
      std::abort();
    }
    return answer_.get();
  }

 private:
  std::future<AnswerT> answer_;
};

using PendingFetch = Pending<fetch::FetchAnswer>;
using Replies = absl::StatusOr<std::vector<fetch::MessageReply>>;
using PendingReplies = Pending<Replies>;

inline fetch::FetchRequest RequestFor(const std::string& id, const std::string& secret = "") {
  return {{"items", id}, std::make_shared<const std::string>(secret)};
}

inline PendingFetch Fetch(GrpcTarget& target, fetch::FetchRequest request = RequestFor("1")) {
  std::promise<fetch::FetchAnswer> promise;
  PendingFetch pending(promise.get_future());
  pending.call =
      target.Fetch(std::move(request), [p = std::move(promise)](fetch::FetchAnswer answer) mutable {
        p.set_value(std::move(answer));
      });
  return pending;
}

inline std::vector<PendingFetch> FetchBatch(GrpcTarget& target,
                                            std::vector<fetch::FetchRequest> requests) {
  std::vector<fetch::FetchItem> items;
  std::vector<PendingFetch> batch;
  for (fetch::FetchRequest& request : requests) {
    std::promise<fetch::FetchAnswer> promise;
    batch.emplace_back(promise.get_future());
    items.push_back(
        {std::move(request), [p = std::move(promise)](fetch::FetchAnswer answer) mutable {
           p.set_value(std::move(answer));
         }});
  }
  std::vector<std::unique_ptr<fetch::FetchCall>> calls = target.FetchBatch(std::move(items));
  EXPECT_EQ(calls.size(), batch.size());
  for (size_t i = 0; i < calls.size(); ++i) batch[i].call = std::move(calls[i]);
  return batch;
}

inline absl::StatusCode CodeOf(PendingFetch pending) { return pending.Await().status.code(); }

inline PendingReplies Handle(GrpcTarget& target, fetch::ClientMessage message) {
  std::promise<Replies> promise;
  PendingReplies pending(promise.get_future());
  pending.call = target.Handle(
      std::move(message),
      [p = std::move(promise)](Replies replies) mutable { p.set_value(std::move(replies)); });
  return pending;
}

inline GrpcTargetOptions OptionsFor(std::vector<std::string> addresses) {
  GrpcTargetOptions options;
  options.name = "shop";
  options.addresses = std::move(addresses);
  // A test that waits for a timeout sets its own; no other may depend on one.
  options.fetch_timeout = options.message_timeout = std::chrono::hours(1);
  return options;
}

inline std::unique_ptr<GrpcTarget> TargetFor(GrpcTargetOptions options) {
  auto target = GrpcTarget::Create(std::move(options), base::NullLogger());
  EXPECT_TRUE(target.ok()) << target.status();
  return *std::move(target);
}

}  // namespace entitysync::fetch_grpc
