#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "gateway/ws/options.h"

namespace entitysync::ws {

// What a request is read with, limits included. Whatever reads one uses this: the connection, and
// the fuzz target.
struct RequestHead {
  RequestHead() { parser.header_limit(kMaxRequestHeadBytes); }

  boost::beast::flat_buffer buffer{kMaxRequestHeadBytes};  // Afterwards: what follows the head.
  boost::beast::http::request_parser<boost::beast::http::empty_body> parser;
};

}  // namespace entitysync::ws
