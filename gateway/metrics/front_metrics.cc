#include "gateway/metrics/builders.h"

namespace entitysync::metrics {

FrontMetrics::FrontMetrics(prometheus::Registry& registry)
    : calls_ok(AddCounter(registry, "entitysync_notify_calls_total",
                          "NotifyChange calls, by result.", {{"result", "ok"}})),
      calls_invalid(AddCounter(registry, "entitysync_notify_calls_total",
                               "NotifyChange calls, by result.", {{"result", "invalid"}})),
      calls_unauthenticated(AddCounter(registry, "entitysync_notify_calls_total",
                                       "NotifyChange calls, by result.",
                                       {{"result", "unauthenticated"}})),
      calls_unavailable(AddCounter(registry, "entitysync_notify_calls_total",
                                   "NotifyChange calls, by result.", {{"result", "unavailable"}})),
      changes_accepted(
          AddCounter(registry, "entitysync_notify_changes_total", "Changes in calls answered OK.")),
      call_seconds(AddSeconds(registry, "entitysync_notify_call_seconds",
                              "Time from a NotifyChange call to its answer.")) {}

}  // namespace entitysync::metrics
