#pragma once

#include <memory>

#include "client-sdk/cpp/platform.h"
#include "entitysync/client/client.h"

namespace entitysync::client {

// Makes clients on any platform: Client::Connect on Asio and Beast, tests on their own.
class ClientMaker {
 public:
  static std::unique_ptr<Client> Make(const ClientOptions& options, Platform platform);
};

}  // namespace entitysync::client
