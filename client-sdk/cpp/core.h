#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client-sdk/cpp/connection.h"
#include "client-sdk/cpp/credentials.h"
#include "client-sdk/cpp/loop.h"
#include "client-sdk/cpp/platform.h"
#include "client-sdk/cpp/requests.h"
#include "client-sdk/cpp/subscriptions.h"
#include "client-sdk/cpp/user_calls.h"
#include "client-sdk/cpp/wire.h"
#include "entitysync/client/options.h"

namespace entitysync::client {

// The parts of a client, and who tells whom.
//
// Owner and lifetime: Client; and whatever runs in it, while it runs, because it may call user
//   functions that destroy the client.
// Threading: the executor. Limits and errors: those of its parts.
class Core : public std::enable_shared_from_this<Core>, private ConnectionEvents {
 public:
  static std::shared_ptr<Core> Make(const ClientOptions& options, Platform platform);

  const ConnectionState& connection() const { return connection_.state(); }
  Subscriptions& subscriptions() { return subscriptions_; }
  Requests& requests() { return requests_; }

  void Authenticate(std::optional<Token> token, std::function<void(absl::Status)> done);
  void SetOnline(bool online) { connection_.SetOnline(online); }
  void CheckNow() { connection_.Check(); }
  void Close();

  // Closes, and tells nobody.
  void Abandon();

 private:
  Core(const ClientOptions& options, Platform platform);

  void OnCleared();

  void OnChanged(const ConnectionState& state) override;
  void Prepare(std::function<void(absl::Status)> ready) override;
  void OnOpened(const Welcome& welcome) override;
  void OnEvent(Event event) override;
  void OnDown() override;
  void Ping(std::function<void()> written) override;
  bool IsRenewable() const override { return credentials_.IsRenewable(); }
  void OnFailure(const absl::Status& error) override { user_.Report(error); }

  Loop loop_;
  UserCalls user_;
  std::function<void(const ConnectionState&)> on_connection_;
  Wire wire_;
  Subscriptions subscriptions_;
  Requests requests_;
  Credentials credentials_;
  Connection connection_;
  bool requests_next_ = false;
  uint64_t changes_ = 0;  // Of the connection.
};

}  // namespace entitysync::client
