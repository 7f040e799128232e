#include <string>
#include <vector>

#include "gateway/fetch_grpc/answers.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

constexpr int kItems = 3;
constexpr const char* kMarker = "s3cr3t";  // The secret of one item.

entitysync::v1::FetchEntitiesRequest Request() {
  entitysync::v1::FetchEntitiesRequest request;
  for (int i = 0; i < kItems; ++i) request.add_items()->set_secret(i == 1 ? kMarker : "");
  return request;
}

void Check(const entitysync::fetch::FetchAnswer& answer,
           const entitysync::fetch_grpc::AnswerRules& rules) {
  using entitysync::fuzz::Require;
  const std::string message(answer.status.message());
  Require(message.find(kMarker) == std::string::npos);
  Require(message.find(rules.bearer_key) == std::string::npos);
  Require(message.size() < 1024);
  Require(answer.status.ok() || (answer.rows.empty() && !answer.version.has_value()));
  size_t bytes = 0;
  for (const std::string& row : answer.rows) bytes += row.size();
  Require(answer.rows.size() <= rules.max_rows && bytes <= rules.max_bytes);
}

}  // namespace

// What an application answers to a batch, in gRPC's place. Whatever it is, each item has an answer
// within the limits, or a status that tells no secret.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using entitysync::fuzz::Require;
  namespace fetch_grpc = entitysync::fetch_grpc;
  const fetch_grpc::AnswerRules rules = {"shop", "the-bearer-key", 4, 64};
  const auto request = Request();
  entitysync::v1::FetchEntitiesResponse response;
  const bool parsed = response.ParseFromArray(data, static_cast<int>(size));
  const auto results = response.results_size();
  const grpc::Status status = parsed
                                  ? grpc::Status::OK
                                  : grpc::Status(grpc::StatusCode::INTERNAL,
                                                 std::string(entitysync::fuzz::AsText(data, size)));
  const auto answers = fetch_grpc::ToAnswers(status, request, response, rules);
  Require(answers.size() == kItems);
  for (const auto& answer : answers) {
    Check(answer, rules);
    Require((parsed && results == kItems) || !answer.status.ok());
  }
  return 0;
}
