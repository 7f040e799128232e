#include "client-sdk/cpp/user_calls.h"

#include <absl/strings/str_cat.h>

#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace entitysync::client {
namespace {

void WriteToStandardError(const absl::Status& error) {
  std::cerr << "entity-sync client: " << error.ToString() << "\n";
}

// What a call threw; empty if it did not.
std::string WhatIsThrown(const std::function<void()>& call) {
  try {
    call();
    return "";
  } catch (const std::exception& error) {
    return absl::StrCat(" threw: ", error.what());
  } catch (...) {
    return " threw something";
  }
}

}  // namespace

UserCalls::UserCalls(std::function<void(const absl::Status&)> on_error)
    : on_error_(std::move(on_error)) {}

void UserCalls::Report(const absl::Status& error) {
  if (muted_) return;
  if (!on_error_) return WriteToStandardError(error);
  // A copy: the call may end this object.
  const auto on_error = on_error_;
  const std::string thrown = WhatIsThrown([&] { on_error(error); });
  if (thrown.empty()) return;
  WriteToStandardError(error);
  WriteToStandardError(absl::InternalError(absl::StrCat("on_error", thrown)));
}

void UserCalls::Call(const char* what, const std::function<void()>& call) {
  if (muted_) return;
  const std::string thrown = WhatIsThrown(call);
  if (!thrown.empty()) Report(absl::InternalError(absl::StrCat(what, thrown)));
}

}  // namespace entitysync::client
