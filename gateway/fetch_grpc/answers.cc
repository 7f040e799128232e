#include "gateway/fetch_grpc/answers.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "gateway/base/printable.h"

namespace entitysync::fetch_grpc {
namespace {

constexpr size_t kMaxMessageBytes = 512;

// Whether the part of `text` that would be kept holds any of `secret`.
bool Holds(std::string_view text, std::string_view secret) {
  return !secret.empty() &&
         text.substr(0, kMaxMessageBytes + secret.size()).find(secret) != std::string_view::npos;
}

std::vector<std::string_view> DistinctSecrets(const v1::FetchEntitiesRequest& request) {
  std::vector<std::string_view> secrets;
  secrets.reserve(static_cast<size_t>(request.items_size()));
  for (const v1::FetchEntityRequest& item : request.items()) secrets.push_back(item.secret());
  std::sort(secrets.begin(), secrets.end());
  secrets.erase(std::unique(secrets.begin(), secrets.end()), secrets.end());
  return secrets;
}

// gRPC's enum holds no other numbers.
grpc::StatusCode KnownCode(int code) {
  const bool known = code >= grpc::StatusCode::OK && code <= grpc::StatusCode::UNAUTHENTICATED;
  return known ? static_cast<grpc::StatusCode>(code) : grpc::StatusCode::UNKNOWN;
}

// What the application says of one item, as the status of a call of its own would have said it.
grpc::Status StatusOf(const v1::FetchEntityResult& result) {
  switch (result.outcome_case()) {
    case v1::FetchEntityResult::kResponse:
      return grpc::Status::OK;
    case v1::FetchEntityResult::kStatus:
      if (result.status().code() == grpc::StatusCode::OK) break;
      return {KnownCode(result.status().code()), result.status().message()};
    case v1::FetchEntityResult::OUTCOME_NOT_SET:
      break;
  }
  return {grpc::StatusCode::INTERNAL,
          "an item of a batch has neither a response nor a status other than 0"};
}

absl::Status CheckSize(size_t rows, size_t bytes, absl::string_view what,
                       const AnswerRules& rules) {
  if (rows > rules.max_rows) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "application \"", rules.target, "\" answered ", rows, " ", what,
        ", more than the limit of ", rules.max_rows, ": answer fewer or raise the limit"));
  }
  if (bytes > rules.max_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "application \"", rules.target, "\" answered ", what, " of ", bytes,
        " bytes, more than the limit of ", rules.max_bytes, ": answer less or raise the limit"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ToStatus(const grpc::Status& status, const AnswerRules& rules, Secrets secrets) {
  if (status.ok()) return absl::OkStatus();
  const std::string& message = status.error_message();
  const bool withheld = Holds(message, rules.bearer_key) ||
                        std::any_of(secrets.begin(), secrets.end(), [&](std::string_view secret) {
                          return Holds(message, secret);
                        });
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat("application \"", rules.target, "\": ",
                                   withheld ? "(message withheld: it repeats a secret)"
                                            : base::Printable(message, kMaxMessageBytes)));
}

fetch::FetchAnswer ToAnswer(const grpc::Status& status, v1::FetchEntityResponse& response,
                            const AnswerRules& rules, Secrets secrets) {
  fetch::FetchAnswer answer;
  answer.status = ToStatus(status, rules, secrets);
  if (!answer.status.ok()) return answer;
  size_t bytes = 0;
  for (const std::string& row : response.rows()) bytes += row.size();
  answer.status = CheckSize(static_cast<size_t>(response.rows_size()), bytes, "rows", rules);
  if (!answer.status.ok()) return answer;
  answer.rows.reserve(static_cast<size_t>(response.rows_size()));
  for (std::string& row : *response.mutable_rows()) answer.rows.push_back(std::move(row));
  if (response.has_version()) answer.version = response.version();
  return answer;
}

std::vector<fetch::FetchAnswer> ToAnswers(const grpc::Status& status,
                                          const v1::FetchEntitiesRequest& request,
                                          v1::FetchEntitiesResponse& response,
                                          const AnswerRules& rules) {
  const std::vector<std::string_view> secrets = DistinctSecrets(request);
  absl::Status whole = ToStatus(status, rules, secrets);
  if (whole.ok() && response.results_size() != request.items_size()) {
    whole = absl::InternalError(absl::StrCat("application \"", rules.target, "\" answered ",
                                             response.results_size(), " results to ",
                                             request.items_size(), " items: answer one for each"));
  }
  std::vector<fetch::FetchAnswer> answers;
  answers.reserve(static_cast<size_t>(request.items_size()));
  for (int i = 0; i < request.items_size(); ++i) {
    if (!whole.ok()) {
      answers.push_back({whole, {}, {}});
      continue;
    }
    v1::FetchEntityResult& result = *response.mutable_results(i);
    const grpc::Status own = StatusOf(result);
    answers.push_back(ToAnswer(own, *result.mutable_response(), rules, secrets));
  }
  return answers;
}

absl::StatusOr<std::vector<fetch::MessageReply>> ToReplies(const grpc::Status& status,
                                                           v1::HandleMessageResponse& response,
                                                           const AnswerRules& rules,
                                                           Secrets secrets) {
  absl::Status mapped = ToStatus(status, rules, secrets);
  if (!mapped.ok()) return mapped;
  size_t bytes = 0;
  for (const v1::Reply& reply : response.replies()) bytes += reply.data().size();
  mapped = CheckSize(static_cast<size_t>(response.replies_size()), bytes, "replies", rules);
  if (!mapped.ok()) return mapped;
  std::vector<fetch::MessageReply> replies;
  replies.reserve(static_cast<size_t>(response.replies_size()));
  for (v1::Reply& reply : *response.mutable_replies()) {
    replies.push_back({std::move(*reply.mutable_data()), reply.is_binary()});
  }
  return replies;
}

bool IsOverReceiveLimit(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
         status.error_message().find("larger than max") != std::string::npos;
}

}  // namespace entitysync::fetch_grpc
