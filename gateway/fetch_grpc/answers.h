#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <grpcpp/support/status.h>

#include <memory>
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

// The same code; a message that names the target, printable, at most about 512 bytes. A message
// that repeats `secret` or the bearer key is withheld, so that errors can be logged.
absl::Status ToStatus(const grpc::Status& status, const AnswerRules& rules,
                      std::string_view secret);

// The rows are moved out of `response`.
fetch::FetchAnswer ToAnswer(const grpc::Status& status, v1::FetchEntityResponse& response,
                            const AnswerRules& rules, std::string_view secret);
absl::StatusOr<std::vector<fetch::MessageReply>> ToReplies(const grpc::Status& status,
                                                           v1::HandleMessageResponse& response,
                                                           const AnswerRules& rules,
                                                           std::string_view secret);

}  // namespace entitysync::fetch_grpc
