#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entitysync/v1/entity.pb.h"
#include "gateway/fetch/entity_source.h"
#include "gateway/fetch/message_handler.h"

// From gRPC's answers to the gateway's own, limits enforced. Pure functions.
namespace entitysync::fetch_grpc {

// What an answer is held against. Immutable, shared by the calls of a target.
struct AnswerRules {
  std::string target;      // Named in errors.
  std::string bearer_key;  // Kept out of errors.
  size_t max_rows = 0;
  size_t max_bytes = 0;
};

// What must not stand in a message that may be logged.
using Secrets = std::span<const std::string_view>;

// The same code; a message that names the target, printable, at most about 512 bytes. A message
// that repeats one of `secrets` or the bearer key is withheld, so that errors can be logged.
absl::Status ToStatus(const grpc::Status& status, const AnswerRules& rules, Secrets secrets);

// The rows are moved out of `response`.
fetch::FetchAnswer ToAnswer(const grpc::Status& status, v1::FetchEntityResponse& response,
                            const AnswerRules& rules, Secrets secrets);

// One answer for each item of `request`, in order, each by the rules of ToAnswer. If the call as a
// whole failed, or did not bring a result for each item, they all say so.
std::vector<fetch::FetchAnswer> ToAnswers(const grpc::Status& status,
                                          const v1::FetchEntitiesRequest& request,
                                          v1::FetchEntitiesResponse& response,
                                          const AnswerRules& rules);

absl::StatusOr<std::vector<fetch::MessageReply>> ToReplies(const grpc::Status& status,
                                                           v1::HandleMessageResponse& response,
                                                           const AnswerRules& rules,
                                                           Secrets secrets);

// Whether a call ended because a message was larger than its receiver takes: gRPC says so in its
// message only, and an application that is exhausted itself uses the same code.
bool IsOverReceiveLimit(const grpc::Status& status);

}  // namespace entitysync::fetch_grpc
