#include "service/sample/web_server.h"

#include <httplib.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "service/sample/viewer.h"
#include "service/sample/web_assets.h"

namespace sample {
namespace {

namespace json = boost::json;
using httplib::Request;
using httplib::Response;

const char* ContentType(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

void Answer(Response& response, int status, const std::string& text) {
  response.status = status;
  response.set_content(text + "\n", "text/plain; charset=utf-8");
}

bool IsKnown(const Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string header = request.get_header_value("Authorization");
  return header.starts_with(kScheme) &&
         FindViewer(std::string_view(header).substr(kScheme.size())).has_value();
}

// The body's object, or nothing.
std::optional<json::object> ParseBody(const Request& request) {
  boost::system::error_code error;
  json::value value = json::parse(request.body, error);
  if (error || !value.is_object()) return std::nullopt;
  return value.as_object();
}

// A member as text, whether it came as a string or as a number.
std::string TextOf(const json::object& object, const char* name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr) return "";
  return member->is_string() ? std::string(member->as_string()) : json::serialize(*member);
}

}  // namespace

class WebServer::Impl {
 public:
  Impl(GatewayForPages gateway, Database& database, entitysync::Service& service,
       RandomChanges& changes)
      : gateway_(std::move(gateway)), database_(database), service_(service), changes_(changes) {
    server_.set_payload_max_length(16 * 1024);
    server_.set_keep_alive_timeout(1);  // Seconds; stopping waits for it.
    // Without SO_REUSEPORT, the library's default, by which two servers could share a port.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    server_.set_default_headers({{"Content-Security-Policy",
                                  "default-src 'self'; img-src data:; connect-src 'self' ws: wss:"},
                                 {"X-Content-Type-Options", "nosniff"},
                                 {"Cache-Control", "no-cache"}});
    server_.set_exception_handler([](const Request&, Response& response, std::exception_ptr) {
      Answer(response, 500, "the database did not do it: try again");
    });
    AddPage();
    AddActions();
  }

  ~Impl() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void Listen(const std::string& listen) {
    const size_t colon = std::min(listen.rfind(':'), listen.size());
    const std::string host = listen.substr(0, colon);
    const char* end = listen.data() + listen.size();
    int port = -1;
    if (colon == listen.size() ||
        std::from_chars(listen.data() + colon + 1, end, port).ptr != end || port < 0) {
      throw std::runtime_error("--http-listen needs host:port, not '" + listen + "'");
    }
    port_ =
        port == 0 ? server_.bind_to_any_port(host) : (server_.bind_to_port(host, port) ? port : -1);
    if (port_ <= 0) {
      throw std::runtime_error("cannot listen on " + listen + ": is the port in use?");
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }

  int port() const { return port_; }

 private:
  void AddPage() {
    for (const Asset& asset : Assets()) {
      const auto serve = [asset](const Request&, Response& response) {
        response.set_content(asset.content.data(), asset.content.size(), ContentType(asset.name));
      };
      server_.Get("/" + std::string(asset.name), serve);
      if (asset.name == "index.html") server_.Get("/", serve);
    }
    server_.Get("/config.json", [this](const Request&, Response& response) {
      const json::object config{
          {"url", gateway_.url}, {"port", gateway_.port}, {"path", gateway_.path}};
      response.set_content(json::serialize(config), "application/json");
    });
    server_.Get("/healthz", [this](const Request&, Response& response) {
      database_.GetFloor();
      Answer(response, 200, "ok");
    });
  }

  void AddActions() {
    server_.Post(R"(/api/items/([^/]+))", [this](const Request& request, Response& response) {
      Change(request, response, "items",
             [this](auto... edit) { return database_.SetItem(edit...); });
    });
    server_.Post(R"(/api/reports/([^/]+))", [this](const Request& request, Response& response) {
      Change(request, response, "reports",
             [this](auto... edit) { return database_.SetReport(edit...); });
    });
    server_.Post("/api/stream", [this](const Request& request, Response& response) {
      const auto body = ParseBody(request);
      const json::value* on = body ? body->if_contains("on") : nullptr;
      if (!IsKnown(request)) return Answer(response, 401, "this secret stands for nobody");
      if (on == nullptr || !on->is_bool()) return Answer(response, 400, "needs {\"on\": true}");
      changes_.Switch(on->as_bool());
      Answer(response, 200, "ok");
    });
  }

  // Sets one field of an entity and tells the gateways: first the commit, then the notification.
  template <typename Set>
  void Change(const Request& request, Response& response, const char* entity, Set set) {
    if (!IsKnown(request)) return Answer(response, 401, "this secret stands for nobody");
    const auto body = ParseBody(request);
    if (!body) return Answer(response, 400, "needs {\"field\": ..., \"value\": ...}");
    const std::string id = request.matches[1];
    const std::string field = TextOf(*body, "field");
    const std::string value = TextOf(*body, "value");
    const std::optional<int64_t> version =
        set(std::string_view(id), std::string_view(field), std::string_view(value));
    if (!version) return Answer(response, 404, "there is no such entity, field or value");
    service_.NotifyLater(entitysync::Change{{entity, id}, static_cast<uint64_t>(*version)});
    Answer(response, 200, "ok");
  }

  const GatewayForPages gateway_;
  Database& database_;
  entitysync::Service& service_;
  RandomChanges& changes_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

WebServer::WebServer(const std::string& listen, GatewayForPages gateway, Database& database,
                     entitysync::Service& service, RandomChanges& changes)
    : impl_(std::make_unique<Impl>(std::move(gateway), database, service, changes)) {
  impl_->Listen(listen);
}

WebServer::~WebServer() = default;

int WebServer::port() const { return impl_->port(); }

}  // namespace sample
