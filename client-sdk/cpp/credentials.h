#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client-sdk/cpp/loop.h"
#include "client-sdk/cpp/user_calls.h"
#include "client-sdk/cpp/wire.h"
#include "entitysync/client/options.h"

namespace entitysync::client {

// Which credential is presented when.
//
// Purpose: one that is given replaces the one before; if it is refused on a live
//   connection, nothing has changed there, and the one before counts again.
// Owner and lifetime: Core. Threading: the executor. Limits: one call of the user waits at a time.
// Errors: to whoever authenticated, and to UserCalls.
class Credentials {
 public:
  // `accepted`: the gateway took a new one, so what was denied may be allowed now.
  Credentials(Token token, Loop& loop, Wire& wire, UserCalls& user, std::function<void()> accepted);

  // Whether another credential can be had without being given one.
  bool IsRenewable() const { return std::holds_alternative<TokenFunction>(token_); }

  // Gets the credential for a connection that is about to be made.
  void Prepare(std::function<void(absl::Status)> ready);

  // The connection is there.
  void OnOpened();

  // Presents another one, at once if there is a connection.
  void Authenticate(std::optional<Token> token, std::function<void(absl::Status)> done);

  // Whoever waits for the credential to be taken waits in vain.
  void Reject(const absl::Status& error);

  // The same without telling.
  void Forget();

 private:
  void Replace();
  void Call(std::function<void(absl::StatusOr<std::string>)> done);
  void Present(const std::string& secret);
  void OnAnswer(uint64_t turn, const Event& event, const Token& token);
  void OnRefused(const absl::Status& error);
  void Finish(const absl::Status& status);

  Token token_;
  Loop& loop_;
  Wire& wire_;
  UserCalls& user_;
  const std::function<void()> accepted_;
  std::optional<Token> before_;        // Until the gateway took the present one.
  std::optional<std::string> secret_;  // What the present token is for this connection.
  bool accepted_here_ = false;         // Whether this connection has a credential already.
  uint64_t turn_ = 0;                  // Late results of calls of a token are told by it.
  std::function<void(absl::Status)> done_;
};

}  // namespace entitysync::client
