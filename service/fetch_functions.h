#pragma once

#include <map>
#include <string>
#include <vector>

#include "entitysync/service.h"
#include "entitysync/v1/entity.pb.h"
#include "service/call_record.h"

namespace entitysync::service {

// What one question came to.
struct FetchResult {
  grpc::Status status;
  v1::FetchEntityResponse response;  // Counts if the status is OK.
};

// The application's fetch functions.
//
// Purpose: finds who answers for an entity type, runs the function, and makes something for a
//   gateway of whatever it does.
// Owner and lifetime: the EntityServiceImpl; outlives its calls.
// Threading: any thread; Run and RunMany block as long as the function does.
// Limits: none.
// Errors: an exception, or another number of answers than questions, is INTERNAL.
class FetchFunctions {
 public:
  FetchFunctions(const ServiceOptions& options, CallRecord& record);

  bool AnswersFor(const std::string& entity) const;
  bool AnswersManyFor(const std::string& entity) const;

  // Somebody must answer for the type; the types of RunMany's questions are the same.
  FetchResult Run(const FetchContext& question);
  std::vector<FetchResult> RunMany(const std::vector<FetchContext>& questions);

 private:
  const FetchFunction* FunctionFor(const std::string& entity) const;

  const std::map<std::string, FetchFunction> fetch_;
  const std::map<std::string, FetchManyFunction> fetch_many_;
  const FetchFunction default_fetch_;
  CallRecord& record_;
};

}  // namespace entitysync::service
