#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <string>

namespace entitysync::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;

// Increment(0) would cost as much as any other: an atomic that all threads share.
inline void Add(Counter& counter, size_t count) {
  if (count > 0) counter.Increment(static_cast<double>(count));
}

// Applications calling NotifyChange, and their streams of NotifyChanges.
struct FrontMetrics {
  explicit FrontMetrics(prometheus::Registry& registry);
  Counter& calls_ok;
  Counter& calls_invalid;          // INVALID_ARGUMENT, NOT_FOUND
  Counter& calls_unauthenticated;  // missing or wrong bearer key
  Counter& calls_unavailable;
  Gauge& streams;                    // open
  Counter& streams_full;             // refused: max_streams are open
  Counter& streams_unauthenticated;  // refused: missing or wrong bearer key
  Counter& stream_requests_ok;       // settled, by how
  Counter& stream_requests_invalid;  // INVALID_ARGUMENT, NOT_FOUND
  Counter& stream_requests_unavailable;
  Counter& changes_accepted;  // in calls and in requests of streams
  Histogram& call_seconds;
};

// The bus between replicas.
struct BusMetrics {
  explicit BusMetrics(prometheus::Registry& registry);
  Gauge& connected;  // 1 or 0
  Counter& connects;
  Counter& disconnects;
  Counter& messages_published;
  Counter& messages_received;
  Counter& messages_dropped;    // reported by the link
  Counter& messages_malformed;  // not a bus message, or of an unknown schema
  Counter& publishes_refused;   // the link's queue was full or it was not connected
  Counter& gaps_disconnect;
  Counter& gaps_dropped;
  Counter& gaps_number;
  Counter& gaps_silence;
  Counter& gaps_mailbox;
};

// From changes to states.
struct HubMetrics {
  explicit HubMetrics(prometheus::Registry& registry);
  Counter& changes_received;
  Counter& changes_unwatched;
  Gauge& watched_keys;
  Gauge& watched_pairs;  // (key, scope)
  Gauge& subscriptions;
  Counter& fetches_change;
  Counter& fetches_snapshot;
  Counter& fetches_revalidate;
  Counter& fetches_ok;
  Counter& fetches_not_found;
  Counter& fetches_denied;
  Counter& fetches_failed;         // retried with backoff
  Counter& fetches_misconfigured;  // UNIMPLEMENTED, INVALID_ARGUMENT
  Counter& fetches_refused;        // not started: the target's queue is full
  Counter& fetches_skipped;        // a versioned change that the pair already has
  Gauge& fetches_in_flight;
  Gauge& fetches_queued;
  Histogram& call_items;       // fetches in one call
  Counter& calls_turn;         // sent at the end of the turn in which they came
  Counter& calls_full;         // sent because as many were there as a call takes
  Counter& calls_window;       // ... because the first had waited for so long
  Counter& calls_answered;     // ... because the calls before were answered
  Counter& calls_alone;        // of one fetch that may not, or shall not, travel with others
  Gauge& revalidation_limit;   // adaptive, summed over targets and shards
  Counter& audits;             // pairs asked about by the audit
  Counter& audit_differences;  // and found different though no change was heard
  Gauge& kept_states;          // of pairs that nobody watches
  Gauge& kept_bytes;
  Counter& kept_hits;  // watchers served from them
  Histogram& fetch_seconds;
  Counter& answers_stale;   // below the floor or older than what was delivered
  Counter& version_resets;  // the application's lower numbers won
  Counter& states_encoded;
  Counter& rows_not_utf8;
  Counter& deliveries;  // (state, subscription) pairs handed to workers
  Counter& deliveries_suppressed;
};

// Sessions and the websockets beneath them.
struct SessionMetrics {
  explicit SessionMetrics(prometheus::Registry& registry);
  Gauge& connections;
  Gauge& connections_v1;  // Those of them that speak v1.
  Counter& connections_accepted;
  Counter& refused_full;
  Counter& refused_address;  // too many from one address
  Counter& refused_draining;
  Counter& refused_descriptors;  // none left: they wait
  Counter& accept_pauses;
  Counter& handshakes_failed;  // bad requests, origin, path, time
  Counter& closed_by_client;
  Counter& closed_by_heartbeat;
  Counter& closed_by_stall;
  Counter& closed_by_overload;
  Counter& closed_by_violation;  // websocket violation, bad UTF-8, too big
  Counter& closed_by_drain;
  Counter& messages_subscribe;
  Counter& messages_unsubscribe;
  Counter& messages_secret;  // Or v1's authenticate.
  Counter& messages_update;
  Counter& messages_ping;
  Counter& messages_unknown;            // v1: an action that is not known here
  Counter& messages_inflated;           // came compressed, of whatever kind
  Counter& messages_dropped;            // a known action with an unusable body
  Counter& subscriptions_unknown_type;  // no target for the entity type
  Counter& subscriptions_over_limit;
  Counter& subscribe_pauses;  // a session waits its turn to go on subscribing
  Counter& pass_through_handled;
  Counter& pass_through_failed;
  Counter& pass_through_dropped;  // no handler configured
  Counter& states_sent;
  Counter& patches_sent;                // Those of them that went as patches.
  Counter& unchanged_sent;              // v1: what the client has is current
  Counter& stale_sent;                  // v1: the application cannot be asked
  Counter& withdrawn;                   // v1: subscriptions that the application denied
  Counter& errors_sent;                 // v1: messages that were not carried out
  Counter& states_compressed;           // once for all receivers, if they get shorter by it
  Counter& compression_bytes_plain;     // what those had before
  Counter& compression_bytes_deflated;  // and after
  Counter& states_replaced;             // a newer state took the place of a waiting one
  Counter& bytes_sent;
};

// Every metric of the gateway: the one place that names them.
//
// Owner and lifetime: the composition root; outlives everything that counts.
// Threading: updates may come from any thread. Counters and gauges are atomics; a histogram takes a
//   lock of its own for some nanoseconds, and so has its place per call, not per delivery.
// Limits: no label holds anything that clients or applications choose (entity ids, secrets).
struct Metrics {
  explicit Metrics(prometheus::Registry& registry)
      : front(registry), bus(registry), hub(registry), session(registry) {}

  FrontMetrics front;
  BusMetrics bus;
  HubMetrics hub;
  SessionMetrics session;
};

}  // namespace entitysync::metrics
