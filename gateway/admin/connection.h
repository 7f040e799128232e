#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <memory>
#include <optional>

#include "gateway/admin/options.h"
#include "gateway/admin/pages.h"

namespace entitysync::admin {

// One HTTP connection: reads a request, writes its answer, and so on while the client keeps it.
//
// Purpose: HTTP around Pages, bounded in every direction.
// Owner and lifetime: kept alive by its own pending operations; ends when one fails. `pages` and
//   `open_connections` outlive the loop.
// Threading: the admin thread.
// Limits: one request at a time, without a body, with the header and the time of the options.
// Errors: a request that cannot be read is answered (400, 413, 431), one that is too slow is not.
//   Either way the connection is closed and nothing else happens.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, const AdminOptions& options, const Pages& pages,
             size_t& open_connections);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Read();

 private:
  void OnRead(const boost::system::error_code& error);
  void Write(Page page, bool keep_alive);
  void OnWritten(const boost::system::error_code& error);

  const AdminOptions& options_;
  const Pages& pages_;
  size_t& open_connections_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
};

}  // namespace entitysync::admin
