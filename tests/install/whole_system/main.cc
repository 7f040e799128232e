// An application server, a gateway and a client in one program, each from its installed library:
// the client sees an item, and its change. Exits 0 if it does.

#include <entitysync/client/client.h>
#include <entitysync/gateway/gateway.h>
#include <entitysync/service.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <string>
#include <utility>

namespace {

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

// Runs until the item has been seen as `last`.
bool Watch(int port, const std::string& last,
           const std::function<void(const std::string&)>& on_row) {
  boost::asio::io_context io;
  entitysync::client::ClientOptions options;
  options.url = "ws://" + Local(port) + "/ws/entity-sync/";
  const auto client = entitysync::client::Client::Connect(io.get_executor(), std::move(options));
  if (!client.ok()) return false;
  bool seen = false;
  const auto item = (*client)->Entity("items", "100").Subscribe([&](const auto& state) {
    std::cout << "the item is " << NameOf(state.status) << "\n";
    if (!state.rows) return;
    on_row(state.rows->front().bytes());
    seen = state.rows->front().bytes() == last;
    if (seen) io.stop();
  });
  io.run();
  return seen;
}

bool Run() {
  std::atomic<int> number{1};
  entitysync::ServiceOptions options;
  options.listen = "127.0.0.1:0";
  options.fetch["items"] = [&](const entitysync::FetchContext&) {
    return absl::StatusOr<entitysync::Answer>({.rows = {std::to_string(number)}, .version = {}});
  };
  const auto application = entitysync::Service::Start(std::move(options));
  if (!application.ok()) return false;

  entitysync::config::Settings settings;
  settings.websocket.listen = settings.front.listen = settings.admin.listen = {"127.0.0.1", 0};
  settings.targets["application"].address = {Local((*application)->port())};
  settings.default_target = "application";
  const auto gateway = entitysync::Gateway::Start(std::move(settings), {});
  if (!gateway.ok()) return false;

  entitysync::NotifierOptions notify;
  notify.gateways = {Local((*gateway)->front_port())};
  const auto notifier = entitysync::Notifier::Create(std::move(notify));
  if (!notifier.ok()) return false;
  return Watch((*gateway)->websocket_port(), "2", [&](const std::string& row) {
    if (row != "1") return;
    number = 2;
    (*notifier)->NotifyLater(entitysync::EntityKey{"items", "100"});
  });
}

}  // namespace

int main() {
  alarm(120);  // Watching has no end of its own.
  const bool seen = Run();
  std::cout << (seen ? "the change was seen\n" : "failed\n");
  return seen ? 0 : 1;
}
