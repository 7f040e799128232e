// Two gateway replicas on a bus of our own: a change notified at one reaches a client of the other.
// Exits 0 if it does.

#include <entitysync/gateway/gateway.h>
#include <entitysync/service.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "file_bus.h"

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

std::unique_ptr<entitysync::Gateway> StartReplica(const std::string& id, int application_port,
                                                  const std::string& bus_file) {
  entitysync::config::Settings settings;
  settings.replica_id = id;
  settings.websocket.listen = settings.front.listen = settings.admin.listen = {"127.0.0.1", 0};
  settings.targets["application"].address = {"127.0.0.1:" + std::to_string(application_port)};
  settings.default_target = "application";
  settings.classic.snapshot = true;
  entitysync::Gateway::Parts parts{.bus = std::make_unique<FileBus>(bus_file)};
  auto gateway = entitysync::Gateway::Start(std::move(settings), std::move(parts));
  if (!gateway.ok()) {
    std::cerr << gateway.status() << "\n";
    return nullptr;
  }
  while (!(*gateway)->NotReadyReasons().empty()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return *std::move(gateway);
}

// A client that watches one item.
class Watcher {
 public:
  explicit Watcher(uint16_t port) : stream_(context_) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), port);
    beast::get_lowest_layer(stream_).connect(endpoint);
    stream_.handshake("127.0.0.1:" + std::to_string(port), "/ws/entity-sync/");
    stream_.write(asio::buffer(
        std::string(R"({"action":"subscribe","body":{"entity":"items","id":"100"}})")));
  }

  std::string NextRow() {
    beast::flat_buffer buffer;
    stream_.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }

 private:
  asio::io_context context_;
  beast::websocket::stream<beast::tcp_stream> stream_;
};

bool RunOn(const std::string& bus_file) {
  std::atomic<int> state{1};
  entitysync::ServiceOptions options;
  options.listen = "127.0.0.1:0";
  options.fetch["items"] = [&](const entitysync::FetchContext&) {
    return absl::StatusOr<entitysync::Answer>({.rows = {std::to_string(state)}, .version = {}});
  };
  const auto application = entitysync::Service::Start(std::move(options));
  if (!application.ok()) return false;
  const auto one = StartReplica("one", (*application)->port(), bus_file);
  const auto two = StartReplica("two", (*application)->port(), bus_file);
  if (one == nullptr || two == nullptr) return false;

  entitysync::NotifierOptions notify;
  notify.gateways = {"127.0.0.1:" + std::to_string(one->front_port())};
  const auto notifier = entitysync::Notifier::Create(std::move(notify));
  if (!notifier.ok()) return false;

  Watcher watcher(two->websocket_port());
  if (watcher.NextRow() != "1") return false;
  state = 2;
  const absl::Status status = (*notifier)->Notify(entitysync::EntityKey{"items", "100"});
  std::cout << "notified: " << status << "\n";
  return status.ok() && watcher.NextRow() == "2";
}

}  // namespace

int main() {
  alarm(120);  // Reading has no end of its own.
  char path[] = "/tmp/two-replicas-XXXXXX";
  close(mkstemp(path));
  const bool reached = RunOn(path);
  unlink(path);
  std::cout << (reached ? "the change reached the other replica\n" : "failed\n");
  return reached ? 0 : 1;
}
