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

// Owns what a FetchRequest borrows.
struct Question {
  base::EntityKey key;
  std::string secret;
  fetch::FetchReason reason = fetch::FetchReason::kChange;
  uint64_t min_version = 0;

  fetch::FetchRequest AsRequest() const { return {key, secret, reason, min_version}; }
};

using PendingAnswers = Pending<fetch::FetchAnswers>;
using Replies = absl::StatusOr<std::vector<fetch::MessageReply>>;
using PendingReplies = Pending<Replies>;

inline Question QuestionFor(const std::string& id, const std::string& secret = "") {
  return {.key = {"items", id}, .secret = secret};
}

inline std::unique_ptr<fetch::FetchCall> StartFetch(GrpcTarget& target,
                                                    const std::vector<Question>& questions,
                                                    fetch::FetchDone done) {
  std::vector<fetch::FetchRequest> requests;
  for (const Question& question : questions) requests.push_back(question.AsRequest());
  return target.Fetch(requests, std::move(done));
}

inline PendingAnswers FetchAll(GrpcTarget& target, const std::vector<Question>& questions) {
  std::promise<fetch::FetchAnswers> promise;
  PendingAnswers pending(promise.get_future());
  pending.call =
      StartFetch(target, questions, [p = std::move(promise)](fetch::FetchAnswers answers) mutable {
        p.set_value(std::move(answers));
      });
  return pending;
}

inline PendingAnswers Fetch(GrpcTarget& target, const Question& question = QuestionFor("1")) {
  return FetchAll(target, {question});
}

// The one answer to one question.
inline fetch::FetchAnswer AnswerOf(PendingAnswers pending) {
  fetch::FetchAnswers answers = pending.Await();
  EXPECT_EQ(answers.size(), 1u);
  return std::move(answers.at(0));
}

inline absl::StatusCode CodeOf(PendingAnswers pending) {
  return AnswerOf(std::move(pending)).status.code();
}

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
