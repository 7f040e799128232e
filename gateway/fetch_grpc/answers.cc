#include "gateway/fetch_grpc/answers.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

#include "gateway/base/printable.h"
#include "gateway/fetch/message_handler.h"

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

bool HasAllRows(const v1::FetchEntitiesResponse& response) {
  return std::all_of(response.results().begin(), response.results().end(),
                     [](const v1::FetchEntityResult& result) { return result.has_response(); });
}

// Why an item has no rows, as the status of a call of its own would have said it.
grpc::Status StatusOf(const v1::FetchEntityResult& result) {
  if (result.has_status() && result.status().code() != grpc::StatusCode::OK) {
    return {KnownCode(result.status().code()), result.status().message()};
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

// The rows are moved out.
fetch::FetchAnswer RowsOf(v1::FetchEntityResponse& response, const AnswerRules& rules) {
  fetch::FetchAnswer answer;
  size_t bytes = 0;
  for (const std::string& row : response.rows()) bytes += row.size();
  answer.status = CheckSize(static_cast<size_t>(response.rows_size()), bytes, "rows", rules);
  if (!answer.status.ok()) return answer;
  answer.rows.reserve(static_cast<size_t>(response.rows_size()));
  for (std::string& row : *response.mutable_rows()) answer.rows.push_back(std::move(row));
  if (response.has_version()) answer.version = response.version();
  return answer;
}

}  // namespace

absl::Status ToStatus(const grpc::Status& status, const AnswerRules& rules, Secrets secrets) {
  if (status.ok()) return absl::OkStatus();
  const std::string& message = status.error_message();
  const bool withheld = Holds(message, rules.bearer_key) ||
                        std::any_of(secrets.begin(), secrets.end(), [&](std::string_view secret) {
                          return Holds(message, secret);
                        });
  const std::string text = withheld ? "(message withheld: it repeats a secret)"
                                    : base::Printable(message, kMaxMessageBytes);
  absl::Status made(static_cast<absl::StatusCode>(status.error_code()),
                    absl::StrCat("application \"", rules.target, "\": ", text));
  made.SetPayload(fetch::kApplicationText, absl::Cord(text));
  return made;
}

fetch::FetchAnswer ToAnswer(const grpc::Status& status, v1::FetchEntityResponse& response,
                            const AnswerRules& rules, Secrets secrets) {
  if (status.ok()) return RowsOf(response, rules);
  return {ToStatus(status, rules, secrets), {}, {}};
}

std::vector<fetch::FetchAnswer> ToAnswers(const grpc::Status& status,
                                          const v1::FetchEntitiesRequest& request,
                                          v1::FetchEntitiesResponse& response,
                                          const AnswerRules& rules) {
  const bool is_complete = response.results_size() == request.items_size();
  // Only what says why there are no rows is held against the secrets.
  std::vector<std::string_view> secrets;
  if (!status.ok() || !is_complete || !HasAllRows(response)) secrets = DistinctSecrets(request);
  absl::Status whole = ToStatus(status, rules, secrets);
  if (whole.ok() && !is_complete) {
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
    if (result.has_response()) {
      answers.push_back(RowsOf(*result.mutable_response(), rules));
    } else {
      answers.push_back({ToStatus(StatusOf(result), rules, secrets), {}, {}});
    }
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
