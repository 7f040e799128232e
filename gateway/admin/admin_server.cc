#include "gateway/admin/admin_server.h"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <string>
#include <utility>

#include "gateway/admin/connection.h"

namespace entitysync::admin {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// After a failed accept (no descriptors left, say), before the next.
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

AdminServer::AdminServer(AdminOptions options, std::shared_ptr<prometheus::Registry> registry,
                         NotReadyReasons not_ready_reasons, base::Logger logger)
    : options_(std::move(options)),
      pages_(std::move(registry), std::move(not_ready_reasons)),
      logger_(std::move(logger)),
      acceptor_(loop_.context()) {}

AdminServer::~AdminServer() { Stop(); }

absl::Status AdminServer::Start() {
  if (auto status = Listen(); !status.ok()) return status;
  logger_->info("admin: health and metrics on {}:{}", options_.host, port_);
  Accept();
  loop_.Start();
  return absl::OkStatus();
}

void AdminServer::Stop() {
  loop_.Stop();
  error_code ignored;
  acceptor_.close(ignored);
}

absl::Status AdminServer::Listen() {
  error_code error;
  const auto address = boost::asio::ip::make_address(options_.host, error);
  if (error) {
    return absl::InvalidArgumentError("admin.listen: " + options_.host +
                                      " is not an IP address; write one, as in 127.0.0.1");
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) port_ = acceptor_.local_endpoint(error).port();
  if (!error) return absl::OkStatus();
  const std::string why = error.message();
  acceptor_.close(error);
  return absl::UnavailableError("admin.listen: cannot listen on " + options_.host + ":" +
                                std::to_string(options_.port) + " (" + why +
                                "); free the port or choose another");
}

void AdminServer::Accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    OnAccepted(error, std::move(socket));
  });
}

void AdminServer::OnAccepted(const error_code& error, tcp::socket socket) {
  if (error == boost::asio::error::operation_aborted) return;
  if (error) {
    logger_->warn("admin: cannot accept a connection: {}", error.message());
    loop_.After(kAcceptPause, [this] { Accept(); });
    return;
  }
  if (open_connections_ < options_.max_connections) {
    std::make_shared<Connection>(std::move(socket), options_, pages_, open_connections_)->Read();
  } else {
    logger_->warn("admin: closed a connection, as {} are open", open_connections_);
  }
  Accept();
}

}  // namespace entitysync::admin
