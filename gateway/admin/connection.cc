#include "gateway/admin/connection.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <string_view>
#include <utility>

namespace entitysync::admin {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

// What to answer to a request that cannot be read; nullopt if the peer is gone or too slow.
std::optional<Page> ReadFault(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return ErrorPage(431, "the header is too large");
  }
  if (error == http::error::body_limit || error == http::error::unexpected_body) {
    return ErrorPage(413, "send no body");
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) {
    return std::nullopt;
  }
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return ErrorPage(400, "not an HTTP request");
  }
  return std::nullopt;
}

}  // namespace

Connection::Connection(boost::asio::ip::tcp::socket socket, const AdminOptions& options,
                       const Pages& pages, size_t& open_connections)
    : options_(options),
      pages_(pages),
      open_connections_(open_connections),
      stream_(std::move(socket)),
      buffer_(options.max_header_bytes) {
  ++open_connections_;
}

Connection::~Connection() { --open_connections_; }

void Connection::Read() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(options_.max_header_bytes));
  parser_->body_limit(0);
  stream_.expires_after(options_.request_timeout);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const error_code& error, size_t) { self->OnRead(error); });
}

void Connection::OnRead(const error_code& error) {
  if (error) {
    std::optional<Page> fault = ReadFault(error);
    if (fault.has_value()) Write(*std::move(fault), false);
    return;
  }
  const auto& request = parser_->get();
  const auto method = request.method_string();
  const auto target = request.target();
  Write(pages_.Get({method.data(), method.size()}, {target.data(), target.size()}),
        request.keep_alive());
}

void Connection::Write(Page page, bool keep_alive) {
  const auto& request = parser_->get();
  const bool is_http_1_0 = parser_->is_header_done() && request.version() == 10;
  response_ = {};
  response_.version(is_http_1_0 ? 10 : 11);
  response_.result(page.status);
  response_.set(http::field::content_type, page.content_type);
  response_.set(http::field::cache_control, "no-store");
  if (page.status == 405) response_.set(http::field::allow, "GET, HEAD");
  response_.keep_alive(keep_alive);
  response_.content_length(page.body.size());
  if (request.method() != http::verb::head) response_.body() = std::move(page.body);
  http::async_write(
      stream_, response_,
      [self = shared_from_this()](const error_code& error, size_t) { self->OnWritten(error); });
}

void Connection::OnWritten(const error_code& error) {
  if (error) return;
  if (response_.keep_alive()) {
    Read();
    return;
  }
  error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace entitysync::admin
