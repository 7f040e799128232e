#include "gateway/ws/listener.h"

#include <absl/strings/str_cat.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <cassert>
#include <string>
#include <utility>

#include "gateway/ws/connection.h"

namespace entitysync::ws {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr base::Duration kAcceptBackOff = std::chrono::milliseconds(100);
constexpr int kBacklog = 65'535;  // The kernel cuts it to somaxconn.

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Accepted sockets inherit the buffer size and TCP_NODELAY, which saves two system calls each.
error_code Configure(TcpAcceptor& acceptor, const Listener::Endpoint& endpoint,
                     size_t send_buffer_bytes) {
  error_code error;
  const auto step = [&error](auto&& action) {
    if (!error) action();
  };
  const auto size = static_cast<int>(send_buffer_bytes);
  step([&] { acceptor.open(endpoint.protocol(), error); });
  step([&] { acceptor.set_option(asio::socket_base::reuse_address(true), error); });
  step([&] { acceptor.set_option(ReusePort(true), error); });
  step([&] { acceptor.set_option(asio::socket_base::send_buffer_size(size), error); });
  step([&] { acceptor.set_option(asio::ip::tcp::no_delay(true), error); });
  step([&] { acceptor.bind(endpoint, error); });
  step([&] { acceptor.listen(kBacklog, error); });
  step([&] { acceptor.non_blocking(true, error); });
  return error;
}

// How many clients the kernel lets wait to be accepted; 0 if it does not say.
size_t BacklogOf(TcpAcceptor& acceptor) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  const int result = getsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return result == 0 ? info.tcpi_sacked : 0;  // Of a listening socket, that is what it means.
}

bool IsShortage(const error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_memory ||
         error == asio::error::no_buffer_space ||
         error == boost::system::errc::too_many_files_open_in_system;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Listener>> Listener::Open(const Endpoint& endpoint,
                                                         std::shared_ptr<Worker> worker) {
  TcpAcceptor acceptor(worker->loop.context().get_executor());
  const error_code error = Configure(acceptor, endpoint, worker->shared->options.send_buffer_bytes);
  if (error) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen for websockets on ", endpoint.address().to_string(), ":", endpoint.port(),
        ": ", error.message(), "; choose a free port and an address of this machine"));
  }
  return std::make_shared<Listener>(std::move(acceptor), std::move(worker));
}

Listener::Listener(TcpAcceptor acceptor, std::shared_ptr<Worker> worker)
    : worker_(std::move(worker)),
      acceptor_(std::move(acceptor)),
      bound_([this] {
        error_code ignored;
        return acceptor_.local_endpoint(ignored);
      }()),
      backlog_(BacklogOf(acceptor_)),
      accepts_(
          base::ShareOf(worker_->shared->options.max_accepts_per_second, worker_->shared->workers),
          base::ShareOf(worker_->shared->options.accept_burst, worker_->shared->workers),
          worker_->loop.Now()) {}

Listener::~Listener() {
  assert(worker_ == nullptr || worker_->connections.empty());  // Shutdown comes first.
}

void Listener::Start() { Accept(); }

void Listener::Accept() {
  acceptor_.async_accept([self = shared_from_this()](const error_code& error, TcpSocket socket) {
    self->OnAccept(error, std::move(socket));
  });
}

void Listener::OnAccept(const error_code& error, TcpSocket socket) {
  if (worker_ == nullptr) return;
  if (error) return OnAcceptFailed(error);
  starved_ = false;
  accepts_.Take(worker_->loop.Now());
  AdmitSocket(std::move(socket));
  AcceptAtRate();
}

void Listener::AcceptAtRate() {
  if (!acceptor_.is_open()) return;
  const base::TimePoint now = worker_->loop.Now();
  if (accepts_.Available(now) > 0) return Accept();
  worker_->metrics.accept_pauses.Increment();
  AcceptAfter(accepts_.UntilWorthwhile(now));
}

void Listener::AcceptAfter(base::Duration wait) {
  pause_ = worker_->loop.After(wait, [self = shared_from_this()] {
    self->pause_ = base::kNoTimer;
    self->AcceptAtRate();
  });
}

void Listener::OnAcceptFailed(const error_code& error) {
  if (!IsShortage(error)) {
    // ECONNABORTED and the like: that one client is gone, the next is not.
    if (acceptor_.is_open() && error != asio::error::operation_aborted) Accept();
    return;
  }
  worker_->metrics.refused_descriptors.Increment();
  if (!std::exchange(starved_, true)) {
    worker_->logger->error(
        "cannot accept connections: {}; raise the limit of open files or lower max_connections. "
        "Clients wait until descriptors are free",
        error.message());
  }
  AcceptAfter(kAcceptBackOff);
}

void Listener::AdmitSocket(TcpSocket socket) {
  const Admission admission = Admit(*worker_->shared, socket);
  if (!admission.is_served()) {
    const bool is_full = admission.verdict == Verdict::kTooMany;
    auto& metrics = worker_->metrics;
    (is_full ? metrics.refused_full : metrics.refused_address).Increment();
    if (worker_->refusals >= kRefusalsPerWorker) return;  // The socket closes.
    ++worker_->refusals;
  }
  const auto make = worker_->shared->tls == nullptr ? MakePlainConnection : MakeTlsConnection;
  make(worker_, std::move(socket), admission)->Start();
}

void Listener::StopAccepting() {
  if (worker_ == nullptr || !acceptor_.is_open()) return;
  worker_->draining = true;
  worker_->loop.Cancel(std::exchange(pause_, base::kNoTimer));
  // Whoever stands in the queue would be reset by the close; they get their answer instead.
  error_code error;
  acceptor_.cancel(error);
  while (true) {
    TcpSocket socket(worker_->loop.context().get_executor());
    acceptor_.accept(socket, error);
    if (error == asio::error::connection_aborted) continue;
    if (error) break;
    AdmitSocket(std::move(socket));
  }
  acceptor_.close(error);
}

void Listener::CloseAll(protocol::CloseCode code, std::string_view reason) {
  if (worker_ == nullptr) return;
  worker_->connections.ForEach([&](Connection& each) { each.Close(code, reason); });
}

void Listener::Shutdown(base::Task done) {
  if (worker_ == nullptr) return done();
  error_code ignored;
  acceptor_.close(ignored);
  worker_->loop.Cancel(std::exchange(pause_, base::kNoTimer));
  while (!worker_->connections.empty()) worker_->connections.front().Abort();
  worker_->on_destroyed = std::move(done);
  worker_.reset();
}

}  // namespace entitysync::ws
