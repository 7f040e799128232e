#include "gateway/metrics/builders.h"

namespace entitysync::metrics {
namespace {

Counter& AddCalls(prometheus::Registry& registry, const char* result) {
  return AddCounter(registry, "entitysync_notify_calls_total", "NotifyChange calls, by result.",
                    {{"result", result}});
}

Counter& AddStreamRequests(prometheus::Registry& registry, const char* result) {
  return AddCounter(registry, "entitysync_notify_stream_requests_total",
                    "Requests on streams of NotifyChanges that were settled, by result.",
                    {{"result", result}});
}

Counter& AddStreamsRefused(prometheus::Registry& registry, const char* cause) {
  return AddCounter(registry, "entitysync_notify_streams_refused_total",
                    "Streams of NotifyChanges that were refused, by cause.", {{"cause", cause}});
}

}  // namespace

FrontMetrics::FrontMetrics(prometheus::Registry& registry)
    : calls_ok(AddCalls(registry, "ok")),
      calls_invalid(AddCalls(registry, "invalid")),
      calls_unauthenticated(AddCalls(registry, "unauthenticated")),
      calls_unavailable(AddCalls(registry, "unavailable")),
      streams(AddGauge(registry, "entitysync_notify_streams",
                       "Streams of NotifyChanges that are open.")),
      streams_full(AddStreamsRefused(registry, "full")),
      streams_unauthenticated(AddStreamsRefused(registry, "unauthenticated")),
      stream_requests_ok(AddStreamRequests(registry, "ok")),
      stream_requests_invalid(AddStreamRequests(registry, "invalid")),
      stream_requests_unavailable(AddStreamRequests(registry, "unavailable")),
      changes_accepted(AddCounter(registry, "entitysync_notify_changes_total",
                                  "Changes in calls and stream requests that succeeded.")),
      call_seconds(AddSeconds(registry, "entitysync_notify_call_seconds",
                              "Time from a NotifyChange call to its answer.")) {}

}  // namespace entitysync::metrics
