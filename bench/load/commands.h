#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/lib/key_table.h"
#include "bench/lib/line_commands.h"
#include "bench/lib/tls.h"
#include "bench/load/application.h"
#include "bench/load/clients.h"
#include "bench/load/publisher.h"
#include "bench/load/run.h"

namespace entitysync::bench {

// The load program's commands. Each is a JSON object in one line, answered by one line:
// {"ok":true, ...}, or {"ok":false,"error":"what to do"}. A misspelt parameter is an error.
// Parameters are shown with their defaults; "?" marks those that have none.
//
// THE APPLICATION
// {"do":"serve", "address":"127.0.0.1:0", "answer_after_us":0, "row_bytes":128, "versioned":true,
//  "bearer":""}
//     Serves EntityService: one row of exactly row_bytes bytes per key (see lib/row.h), with the
//     table's number of the key as version if versioned. Again: ends the one before.
//     Answers "port".
// {"do":"fetches"}
//     Answers "fetches" (items asked one by one), "batches", "batch_items", "in_flight",
//     "most_in_flight", since they were asked for last.
//
// THE PUBLISHER
// {"do":"publish_to", "targets":["127.0.0.1:PORT"...], "bearer":"", "versioned":true,
//  "stream":false}
//     Gateways' fronts, called in turn; stream: by a request on a stream to each.
// {"do":"publish_to", "floor":["127.0.0.1:PORT"...]}
//     Control ports of floor programs in their place; each is told every change, and sends each.
//
// THE CLIENTS
// {"do":"connect", "targets":?, "path":"/ws/entity-sync/", "connections":?, "keys_each":1,
//  "first_key":0, "pattern":"all", "keys":?, "source_addresses":8, "secret":"shared",
//  "dialect":"classic", "at_once":256, "rate":0, "receive_buffer":0, "timeout_s":60, "tls":false,
//  "deflate":false}
//     Opens websockets and subscribes; may be repeated for more. Connection i goes to target
//     i mod n. Patterns (see lib/watch_plan.h): "all" watch the same keys, "own": each its own,
//     "spread": keys_each of `keys` keys each, evenly. Secrets: "shared", "own" (each another),
//     "none". dialect: "classic" or "v1". source_addresses: so many of 127.0.0.2 on (0: the
//     system's choice). at_once: handshakes in flight. rate: connections begun per second, 0 for no
//     limit. receive_buffer: SO_RCVBUF, 0 for the system's. tls: with whatever certificate.
//     deflate: offers permessage-deflate, both ways without context takeover. Answers "connected",
//     "compressed" (how many of those agreed on deflate), "failed", "first_failure" if any,
//     "seconds", "per_second", "handshake_latency" (from connect() to the answer 101). The
//     subscriptions have been sent then, not acknowledged: classic has no such thing; ask the
//     gateway's metrics.
// {"do":"disconnect"}
//     Closes all of them.
// {"do":"stall", "connections":?}
//     Stops reading from so many. What is changed from now on is not expected of them.
//     Answers "stalled".
// {"do":"resume", "timeout_s":10}
//     Reads from them again, until they have the last state of all their keys. Not during a closed
//     run. Answers "states", "age" (a histogram: how old each state was at its receipt) and "stale"
//     (how many subscriptions still have not the last state).
//
// RUNS
// {"do":"run", "mode":"closed", "keys":[first,count], "bundle":1, "batch":1, "in_flight":1,
//  "rounds":? or "seconds":?, "warm_up":0, "measure_pids":[]}
//     Rounds that change `bundle` keys each, in turn through the range, in calls of `batch`; with
//     at most in_flight rounds that are not delivered completely, to all processes on the table,
//     and answered. warm_up is in rounds or seconds, as the length. What is not delivered within
//     5 s ends the run with an error.
// {"do":"run", "mode":"open", "keys":[first,count], "changes_per_second":1000, "zipf":0,
//  "batch":1, "seconds":1, "warm_up":0, "seed":1, "measure_pids":[]}
//     Changes by the clock, of keys drawn by weight 1/rank^zipf (the first key is the hottest).
//     Latencies count from when a change was due. Then waits up to 10 s until this process's
//     subscriptions have the last state.
// {"do":"begin", "measure_pids":[]}, {"do":"end"}
//     Around runs of another process: measures and answers what arrived here.
// {"do":"settle", "timeout_s":10}
//     Waits until no subscription here is "stale", and answers how many are.
//
// Answers of runs and of "end":
//   "seconds"          from the begin of the measurement (after the warm-up) to its end
//   "deliveries"       states that were newer than what the connection had of the key
//   "covered"          the changes these stand for: a state may be several changes newer
//   "frames", "bytes"  all that arrived, bytes as the websocket layer has them (before TLS);
//                      "compressed_frames": how many of them; "repeats": states that were not newer
//   "errors"           {"closes": connections that ended, "unexpected": messages that are no state}
//   "latency"          of deliveries, from the notify (open: when it was due) to the receipt;
//                      {"unit":"ns","count","p50","p90","p99","p999","max","buckets"}; merge the
//                      buckets, [upper bound, count], of several processes, and never percentiles
//   "pids"             per measured process, see lib/process_cost.h: "cpu_ns", "user_ticks",
//                      "system_ticks", "user_share", "voluntary_switches", "involuntary_switches"
//   "own_cpu_ns"       what this process used
// and of runs besides:
//   "changes", "calls", "failed_notifies", "first_failure" if any, "notify_latency" (from a call to
//   its answer); closed: "rounds", "covered_by_all" (of all processes on the table); open: "stale"
//   (subscriptions without the last state at the end), "unanswered" (whether calls still were),
//   "publish_seconds", "settle_seconds", "most_late_ns" (how late a call was begun at most)
class LoadProgram {
 public:
  struct Options {
    uint32_t process = 0;  // Which counter in the table is ours.
    uint32_t threads = 1;  // Of clients.
  };

  LoadProgram(const Options& options, std::unique_ptr<KeyTable> table);

  Commands commands();

 private:
  using Answer = absl::StatusOr<boost::json::object>;

  Answer Serve(Parameters& parameters);
  Answer Fetches(Parameters& parameters);
  Answer PublishTo(Parameters& parameters);
  Answer Connect(Parameters& parameters);
  Answer Disconnect(Parameters& parameters);
  Answer Stall(Parameters& parameters);
  Answer Resume(Parameters& parameters);
  Answer Run(Parameters& parameters);
  Answer Begin(Parameters& parameters);
  Answer End(Parameters& parameters);
  Answer Settle(Parameters& parameters);

  const Options options_;
  const TlsContext tls_;
  const std::unique_ptr<KeyTable> table_;
  std::unique_ptr<Application> application_;
  std::unique_ptr<Publisher> publisher_;
  Clients clients_;
  std::unique_ptr<Measurement> measurement_;
};

}  // namespace entitysync::bench
