#include "gateway/metrics/builders.h"

namespace entitysync::metrics {
namespace {

constexpr char kCalls[] = "Calls to applications for states, by what made them go out.";

}  // namespace

HubMetrics::HubMetrics(prometheus::Registry& registry)
    : changes_received(
          AddCounter(registry, "entitysync_changes_received_total", "Changes heard from the bus.")),
      changes_unwatched(AddCounter(registry, "entitysync_changes_unwatched_total",
                                   "Changes heard of keys that nobody here watches.")),
      watched_keys(
          AddGauge(registry, "entitysync_watched_keys", "Keys with at least one subscription.")),
      watched_pairs(AddGauge(registry, "entitysync_watched_pairs",
                             "Pairs of key and scope with at least one subscription.")),
      subscriptions(
          AddGauge(registry, "entitysync_subscriptions", "Subscriptions of all connections.")),
      fetches_change(AddCounter(registry, "entitysync_fetches_started_total",
                                "Fetches started, by reason.", {{"reason", "change"}})),
      fetches_snapshot(AddCounter(registry, "entitysync_fetches_started_total",
                                  "Fetches started, by reason.", {{"reason", "snapshot"}})),
      fetches_revalidate(AddCounter(registry, "entitysync_fetches_started_total",
                                    "Fetches started, by reason.", {{"reason", "revalidate"}})),
      fetches_ok(AddCounter(registry, "entitysync_fetches_total", "Fetches ended, by result.",
                            {{"result", "ok"}})),
      fetches_not_found(AddCounter(registry, "entitysync_fetches_total",
                                   "Fetches ended, by result.", {{"result", "not_found"}})),
      fetches_denied(AddCounter(registry, "entitysync_fetches_total", "Fetches ended, by result.",
                                {{"result", "denied"}})),
      fetches_failed(AddCounter(registry, "entitysync_fetches_total", "Fetches ended, by result.",
                                {{"result", "failed"}})),
      fetches_misconfigured(AddCounter(registry, "entitysync_fetches_total",
                                       "Fetches ended, by result.", {{"result", "misconfigured"}})),
      fetches_refused(AddCounter(
          registry, "entitysync_fetches_refused_total",
          "Fetches not started because the queue of their target is full; retried with backoff.")),
      fetches_skipped(AddCounter(registry, "entitysync_fetches_skipped_total",
                                 "Versioned changes that needed no fetch.")),
      fetches_in_flight(AddGauge(registry, "entitysync_fetches_in_flight", "Fetches under way.")),
      fetches_queued(
          AddGauge(registry, "entitysync_fetches_queued", "Fetches waiting for their turn.")),
      call_items(AddCounts(registry, "entitysync_fetch_call_items",
                           "Fetches that a call to an application carried.")),
      calls_turn(AddCounter(registry, "entitysync_fetch_calls_total", kCalls, {{"cause", "turn"}})),
      calls_full(AddCounter(registry, "entitysync_fetch_calls_total", kCalls, {{"cause", "full"}})),
      calls_window(
          AddCounter(registry, "entitysync_fetch_calls_total", kCalls, {{"cause", "window"}})),
      calls_answered(
          AddCounter(registry, "entitysync_fetch_calls_total", kCalls, {{"cause", "answered"}})),
      calls_alone(
          AddCounter(registry, "entitysync_fetch_calls_total", kCalls, {{"cause", "alone"}})),
      revalidation_limit(AddGauge(registry, "entitysync_revalidation_limit",
                                  "How many revalidations may be under way, as the applications "
                                  "bear it; over all targets and shards.")),
      audits(AddCounter(registry, "entitysync_audits_total",
                        "Pairs of key and scope that the audit asked about.")),
      audit_differences(
          AddCounter(registry, "entitysync_audit_differences_total",
                     "Audits that found another state although no change was heard: one was lost "
                     "unnoticed, or never notified.")),
      kept_states(AddGauge(registry, "entitysync_kept_states",
                           "States kept of pairs that nobody watches any more.")),
      kept_bytes(AddGauge(registry, "entitysync_kept_bytes", "Memory of the states kept.")),
      kept_hits(AddCounter(registry, "entitysync_kept_hits_total",
                           "Pairs that were watched again and needed no fetch.")),
      fetch_seconds(
          AddSeconds(registry, "entitysync_fetch_seconds",
                     "Time of a call to an application, however many fetches it carries.")),
      answers_stale(
          AddCounter(registry, "entitysync_fetch_answers_stale_total",
                     "Answers below the notified version or older than what was delivered.")),
      version_resets(
          AddCounter(registry, "entitysync_version_resets_total",
                     "Times that an application lowered its versions and was believed.")),
      states_encoded(
          AddCounter(registry, "entitysync_states_encoded_total", "States encoded to frames.")),
      rows_not_utf8(AddCounter(registry, "entitysync_rows_not_utf8_total",
                               "Rows sent as binary frames because they are not UTF-8.")),
      deliveries(
          AddCounter(registry, "entitysync_deliveries_total", "States handed to connections.")),
      deliveries_suppressed(AddCounter(registry, "entitysync_deliveries_suppressed_total",
                                       "States not handed to a connection because it has them.")) {}

}  // namespace entitysync::metrics
