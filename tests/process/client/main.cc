// entity-sync-test-client <url> <entity> <id>...
//
// Watches entities with the client library and says what it is told, one line each, until SIGTERM:
//
//   connection open
//   state items 7 live 3.1f6c... {"n":1}
//
// Of the rows only the first is shown.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "entitysync/client/client.h"

namespace {

namespace client = entitysync::client;

void Show(const std::string& entity, const std::string& id, const client::EntityState& state) {
  std::cout << "state " << entity << " " << id << " " << NameOf(state.status) << " "
            << state.version;
  if (state.rows && !state.rows->empty()) std::cout << " " << state.rows->front().bytes();
  std::cout << std::endl;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) {
    std::cerr << "usage: entity-sync-test-client <url> <entity> <id>...\n";
    return 2;
  }
  boost::asio::io_context io;
  client::ClientOptions options;
  options.url = arguments[1];
  options.on_connection = [](const client::ConnectionState& state) {
    std::cout << "connection " << NameOf(state.status) << std::endl;
  };
  auto connected = client::Client::Connect(io.get_executor(), std::move(options));
  if (!connected.ok()) {
    std::cerr << connected.status() << "\n";
    return 2;
  }
  auto& made = *connected;
  const std::string entity = arguments[2];
  std::vector<client::Subscription> subscriptions;
  for (int i = 3; i < count; ++i) {
    const std::string id = arguments[i];
    subscriptions.push_back(
        made->Entity(entity, id).Subscribe([entity, id](const client::EntityState& state) {
          Show(entity, id, state);
        }));
  }
  boost::asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&](const auto&, int) { made.reset(); });
  io.run();
  return 0;
}
