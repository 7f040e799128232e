#include "service/call_record.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <cxxabi.h>

#include <cstdlib>
#include <typeinfo>

namespace entitysync::service {
namespace {

// The type of the exception being handled, for the log.
std::string ExceptionType() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an exception";
  int status = 0;
  char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  std::string result = status == 0 ? name : type->name();
  std::free(name);
  return result;
}

}  // namespace

CallRecord::CallRecord(const LogFunction& log)
    : key_log_(log), type_log_(log), function_log_(log), full_log_(log) {}

grpc::Status CallRecord::WrongKey() {
  ++refused_;
  const std::string message =
      "the bearer key is missing or wrong: give the gateway one that this application accepts";
  key_log_.Write(absl::StrCat("refused a call of a gateway: ", message));
  return {grpc::StatusCode::INVALID_ARGUMENT, message};
}

grpc::Status CallRecord::NoFunction(const std::string& entity) {
  ++refused_;
  const std::string message = absl::StrCat(
      "this application has no fetch function for entity type '", absl::Utf8SafeCEscape(entity),
      "': register one, or point the gateway's configuration for this type elsewhere");
  type_log_.Write(message);
  return {grpc::StatusCode::UNIMPLEMENTED, message};
}

grpc::Status CallRecord::TooManyItems(size_t items, size_t limit) {
  ++refused_;
  return {grpc::StatusCode::INVALID_ARGUMENT,
          absl::StrCat(items, " items in one call; at most ", limit, " are taken")};
}

grpc::Status CallRecord::NoRoom() {
  ++refused_;
  full_log_.Write(
      "every thread is busy and the queue is full: a call was answered UNAVAILABLE. If this goes "
      "on, raise ServiceOptions::threads, or make the functions faster");
  return {grpc::StatusCode::UNAVAILABLE, "the application is busy: try again"};
}

grpc::Status CallRecord::NoMessages() {
  ++refused_;
  return {grpc::StatusCode::UNIMPLEMENTED, "this application takes no messages"};
}

grpc::Status CallRecord::Threw(const std::string& which) {
  ++failed_;
  function_log_.Write(absl::StrCat(which, " threw ", ExceptionType(),
                                   "; its text is withheld, since it may hold a secret: catch it "
                                   "in the function to see it"));
  return {grpc::StatusCode::INTERNAL, absl::StrCat(which, " threw an exception")};
}

grpc::Status CallRecord::WrongNumber(const std::string& which, size_t answers, size_t questions) {
  ++failed_;
  const std::string message =
      absl::StrCat(which, " gave ", answers, " answers to ", questions, " questions");
  function_log_.Write(absl::StrCat(message, ": give one for each, in their order"));
  return {grpc::StatusCode::INTERNAL, message};
}

void CallRecord::AddTo(ServiceStats& stats) const {
  stats.answered = answered_;
  stats.failed = failed_;
  stats.refused = refused_;
  stats.cancelled = cancelled_;
}

}  // namespace entitysync::service
