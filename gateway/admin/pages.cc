#include "gateway/admin/pages.h"

#include <prometheus/text_serializer.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>
#include <vector>

namespace entitysync::admin {
namespace {

constexpr char kJson[] = "application/json";

Page JsonPage(unsigned status, const boost::json::object& body) {
  return Page{status, kJson, boost::json::serialize(body) + "\n"};
}

}  // namespace

Pages::Pages(std::shared_ptr<prometheus::Registry> registry, NotReadyReasons not_ready_reasons)
    : registry_(std::move(registry)), not_ready_reasons_(std::move(not_ready_reasons)) {}

Page Pages::Get(std::string_view method, std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path != "/healthz" && path != "/readyz" && path != "/metrics") {
    return ErrorPage(404, "not found; there are /healthz, /readyz and /metrics");
  }
  if (method != "GET" && method != "HEAD") return ErrorPage(405, "use GET or HEAD");
  if (path == "/readyz") return Ready();
  if (path == "/metrics") return Metrics();
  return JsonPage(200, {{"alive", true}});
}

Page Pages::Ready() const {
  const std::vector<std::string> reasons = not_ready_reasons_();
  if (reasons.empty()) return JsonPage(200, {{"ready", true}});
  return JsonPage(
      503, {{"ready", false}, {"reasons", boost::json::array(reasons.begin(), reasons.end())}});
}

Page Pages::Metrics() const {
  const prometheus::TextSerializer serializer;
  return Page{200, "text/plain; version=0.0.4; charset=utf-8",
              serializer.Serialize(registry_->Collect())};
}

Page ErrorPage(unsigned status, std::string_view message) {
  return JsonPage(status, {{"error", boost::json::string(message.data(), message.size())}});
}

}  // namespace entitysync::admin
