#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>

namespace entitysync::client {

// Failures on their way to the user, and calls of the user's functions.
//
// Purpose: a user function that throws is reported, and hinders nothing.
// Owner and lifetime: Core; parts borrow it. Threading: the executor. Limits: none. Errors: this is
// where they end: without a function for them they are written to the standard error.
class UserCalls {
 public:
  explicit UserCalls(std::function<void(const absl::Status&)> on_error);

  void Report(const absl::Status& error);

  // Calls what the user gave. `what` names it in the report if it throws.
  void Call(const char* what, const std::function<void()>& call);

  // From here on nobody is told anything.
  void Mute() { muted_ = true; }

 private:
  std::function<void(const absl::Status&)> on_error_;
  bool muted_ = false;
};

}  // namespace entitysync::client
