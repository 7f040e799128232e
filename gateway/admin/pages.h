#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <string_view>

#include "gateway/admin/options.h"

namespace entitysync::admin {

// One answer, free of HTTP's details.
struct Page {
  unsigned status = 200;
  std::string content_type;
  std::string body;
};

// What the admin server says, as a function of what is asked.
//
// Owner and lifetime: owned by the AdminServer; shares the registry.
// Threading: the admin thread.
// Limits: none of its own; a page of metrics is some tens of KiB.
// Errors: unknown paths and methods are pages too (404, 405).
class Pages {
 public:
  Pages(std::shared_ptr<prometheus::Registry> registry, NotReadyReasons not_ready_reasons);

  // `target` as in the request line, with its query; GET and HEAD get the same page.
  Page Get(std::string_view method, std::string_view target) const;

 private:
  Page Ready() const;
  Page Metrics() const;

  const std::shared_ptr<prometheus::Registry> registry_;
  const NotReadyReasons not_ready_reasons_;
};

// A page that says what went wrong: {"error":"..."}.
Page ErrorPage(unsigned status, std::string_view message);

}  // namespace entitysync::admin
