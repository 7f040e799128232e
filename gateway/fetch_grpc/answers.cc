#include "gateway/fetch_grpc/answers.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "gateway/base/printable.h"

namespace entitysync::fetch_grpc {
namespace {

constexpr size_t kMaxMessageBytes = 512;

bool Holds(const std::string& text, std::string_view secret) {
  return !secret.empty() && text.find(secret) != std::string::npos;
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

absl::Status ToStatus(const grpc::Status& status, const AnswerRules& rules,
                      std::string_view secret) {
  if (status.ok()) return absl::OkStatus();
  const std::string& message = status.error_message();
  const bool withheld = Holds(message, secret) || Holds(message, rules.bearer_key);
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat("application \"", rules.target, "\": ",
                                   withheld ? "(message withheld: it repeats a secret)"
                                            : base::Printable(message, kMaxMessageBytes)));
}

fetch::FetchAnswer ToAnswer(const grpc::Status& status, v1::FetchEntityResponse& response,
                            const AnswerRules& rules, std::string_view secret) {
  fetch::FetchAnswer answer;
  answer.status = ToStatus(status, rules, secret);
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

absl::StatusOr<std::vector<fetch::MessageReply>> ToReplies(const grpc::Status& status,
                                                           v1::HandleMessageResponse& response,
                                                           const AnswerRules& rules,
                                                           std::string_view secret) {
  absl::Status mapped = ToStatus(status, rules, secret);
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

}  // namespace entitysync::fetch_grpc
