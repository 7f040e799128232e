#pragma once

#include <memory>
#include <string>

#include "entitysync/service.h"
#include "service/sample/database.h"
#include "service/sample/random_changes.h"

namespace sample {

// Where the page finds the gateway.
struct GatewayForPages {
  std::string url;  // "ws://host:port/path"; empty: made of the page's host and the rest
  int port = 8080;  // 0: the page's own port
  std::string path = "/ws/entity-sync/";
};

// The page and what its buttons do, over HTTP.
//
//   GET  /healthz                          200 while the database answers
//   GET  /config.json                      where the gateway is
//   POST /api/items/<id>, /api/reports/<id>   {"field": ..., "value": ...}
//   POST /api/stream                       {"on": true or false}
// The POSTs carry `Authorization: Bearer <the viewer's secret>`.
//
// Owner and lifetime: main; uses the others, which outlive it. The destructor stops it.
// Threading: cpp-httplib's threads run the handlers. Limits: bodies of up to 16 KiB.
// Errors: the constructor throws std::runtime_error if the address cannot be bound; handlers answer
//   400, 401, 404 or 500 with a line of text.
class WebServer {
 public:
  // `listen` is "host:port"; port 0 takes a free one.
  WebServer(const std::string& listen, GatewayForPages gateway, Database& database,
            entitysync::Service& service, RandomChanges& changes);
  ~WebServer();

  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sample
