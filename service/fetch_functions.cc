#include "service/fetch_functions.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "service/status.h"

namespace entitysync::service {
namespace {

FetchResult ToResult(absl::StatusOr<Answer> answer) {
  FetchResult result;
  if (!answer.ok()) {
    result.status = ToGrpc(answer.status());
    return result;
  }
  for (std::string& row : answer->rows) result.response.add_rows(std::move(row));
  if (answer->version) result.response.set_version(*answer->version);
  return result;
}

template <typename Functions>
auto Find(const Functions& functions, const std::string& entity) {
  const auto found = functions.find(entity);
  return found != functions.end() && found->second ? &found->second : nullptr;
}

}  // namespace

FetchFunctions::FetchFunctions(const ServiceOptions& options, CallRecord& record)
    : fetch_(options.fetch),
      fetch_many_(options.fetch_many),
      default_fetch_(options.default_fetch),
      record_(record) {}

bool FetchFunctions::AnswersFor(const std::string& entity) const {
  return FunctionFor(entity) != nullptr || AnswersManyFor(entity);
}

bool FetchFunctions::AnswersManyFor(const std::string& entity) const {
  return Find(fetch_many_, entity) != nullptr;
}

const FetchFunction* FetchFunctions::FunctionFor(const std::string& entity) const {
  if (const FetchFunction* own = Find(fetch_, entity)) return own;
  // A function for many of the type knows more of it than the one for all types.
  if (AnswersManyFor(entity)) return nullptr;
  return default_fetch_ ? &default_fetch_ : nullptr;
}

FetchResult FetchFunctions::Run(const FetchContext& question) {
  const std::string& entity = question.key().entity;
  const FetchFunction* function = FunctionFor(entity);
  if (function == nullptr) return std::move(RunMany({question}).front());
  try {
    absl::StatusOr<Answer> answer = (*function)(question);
    record_.Ended(answer.ok());
    return ToResult(std::move(answer));
  } catch (...) {
    return {record_.Threw(absl::StrCat("the fetch function of '", entity, "'")), {}};
  }
}

std::vector<FetchResult> FetchFunctions::RunMany(const std::vector<FetchContext>& questions) {
  const std::string& entity = questions.front().key().entity;
  const std::string name = absl::StrCat("the fetch_many function of '", entity, "'");
  grpc::Status failure;
  try {
    std::vector<absl::StatusOr<Answer>> answers = (*Find(fetch_many_, entity))(questions);
    if (answers.size() == questions.size()) {
      std::vector<FetchResult> results;
      results.reserve(answers.size());
      for (absl::StatusOr<Answer>& answer : answers) {
        record_.Ended(answer.ok());
        results.push_back(ToResult(std::move(answer)));
      }
      return results;
    }
    failure = record_.WrongNumber(name, answers.size(), questions.size());
  } catch (...) {
    failure = record_.Threw(name);
  }
  for (size_t i = 1; i < questions.size(); ++i) record_.Ended(false);
  return std::vector<FetchResult>(questions.size(), FetchResult{failure, {}});
}

}  // namespace entitysync::service
