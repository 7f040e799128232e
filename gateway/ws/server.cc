#include "gateway/ws/server.h"

#include <absl/strings/str_cat.h>

#include <boost/asio/ip/address.hpp>
#include <cassert>
#include <utility>

#include "gateway/ws/listener.h"
#include "gateway/ws/tls.h"

namespace entitysync::ws {
namespace {

using Listeners = std::vector<std::pair<base::AsioLoop*, std::shared_ptr<Listener>>>;

absl::StatusOr<Listener::Endpoint> ParseAddress(const Options& options) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(options.host, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", options.host, "\" is no IP address to listen on; write for instance 0.0.0.0"));
  }
  return Listener::Endpoint(address, options.port);
}

std::string ToString(const Listener::Endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return absl::StrCat(endpoint.address().is_v6() ? absl::StrCat("[", host, "]") : host, ":",
                      endpoint.port());
}

// Clients that come faster than they are accepted wait in the kernel's queue. Those that find it
// full are not refused, but have to send their first packet again, after a second and longer.
void WarnOfShortQueue(const Listener& listener, spdlog::logger& logger) {
  constexpr size_t kShort = 1024;
  if (listener.backlog() == 0 || listener.backlog() >= kShort) return;  // 0: it does not say.
  logger.warn(
      "the kernel lets only {} connections wait to be accepted by each worker; raise the sysctl "
      "net.core.somaxconn, or clients that come all at once are slow to connect",
      listener.backlog());
}

// Calls `done` when the last copy is gone.
class CallWhenGone {
 public:
  explicit CallWhenGone(base::Task done) : done_(std::move(done)) {}
  ~CallWhenGone() { done_(); }

 private:
  base::Task done_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Open(Options options,
                                                     const std::vector<Seat>& seats,
                                                     metrics::SessionMetrics& metrics,
                                                     base::Logger logger) {
  assert(!seats.empty());
  absl::StatusOr<Listener::Endpoint> endpoint = ParseAddress(options);
  if (!endpoint.ok()) return endpoint.status();
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (options.tls.Enabled()) {
    auto made = MakeTlsContext(options.tls);
    if (!made.ok()) return made.status();
    tls = *std::move(made);
  }
  auto shared = std::make_shared<Shared>(std::move(options), std::move(tls), seats.size());
  Listeners listeners;
  for (const Seat& seat : seats) {
    auto worker = std::make_shared<Worker>(seat.loop, seat.acceptor, shared, metrics, logger);
    auto listener = Listener::Open(*endpoint, std::move(worker));
    if (!listener.ok()) return listener.status();
    endpoint->port((*listener)->bound().port());  // The first picks the port for all.
    listeners.emplace_back(&seat.loop, *std::move(listener));
  }
  WarnOfShortQueue(*listeners.front().second, *logger);
  return std::unique_ptr<Server>(new Server(std::move(shared), std::move(listeners)));
}

Server::Server(std::shared_ptr<Shared> shared, Listeners listeners)
    : shared_(std::move(shared)), listeners_(std::move(listeners)) {
  const Listener::Endpoint bound = listeners_.front().second->bound();
  port_ = bound.port();
  address_ = ToString(bound);
}

Server::~Server() = default;

template <class Action>
void Server::OnEach(Action action) {
  for (const auto& [loop, listener] : listeners_) {
    loop->Post([listener = listener, action]() mutable { action(*listener); });
  }
}

void Server::Start() {
  OnEach([](Listener& listener) { listener.Start(); });
}

size_t Server::connections() const { return shared_->budget.open(); }

void Server::StopAccepting() {
  OnEach([](Listener& listener) { listener.StopAccepting(); });
}

void Server::CloseAll(protocol::CloseCode code, std::string_view reason) {
  OnEach([code, reason = std::string(reason)](Listener& listener) {
    listener.CloseAll(code, reason);
  });
}

void Server::Shutdown(base::Task done) {
  const auto when_gone = std::make_shared<CallWhenGone>(std::move(done));
  OnEach([when_gone](Listener& listener) { listener.Shutdown([when_gone] {}); });
}

}  // namespace entitysync::ws
