#include "gateway/metrics/builders.h"

namespace entitysync::metrics {

SessionMetrics::SessionMetrics(prometheus::Registry& registry)
    : connections(AddGauge(registry, "entitysync_connections", "Open websocket connections.")),
      connections_accepted(AddCounter(registry, "entitysync_connections_accepted_total",
                                      "Websocket handshakes completed.")),
      connections_refused(AddCounter(registry, "entitysync_connections_refused_total",
                                     "Connections refused because of limits or draining.")),
      handshakes_failed(AddCounter(registry, "entitysync_handshakes_failed_total",
                                   "Handshakes refused as bad requests or given up.")),
      closed_by_client(AddCounter(registry, "entitysync_connections_closed_total",
                                  "Connections closed, by cause.", {{"cause", "client"}})),
      closed_by_heartbeat(AddCounter(registry, "entitysync_connections_closed_total",
                                     "Connections closed, by cause.", {{"cause", "heartbeat"}})),
      closed_by_stall(AddCounter(registry, "entitysync_connections_closed_total",
                                 "Connections closed, by cause.", {{"cause", "stall"}})),
      closed_by_overload(AddCounter(registry, "entitysync_connections_closed_total",
                                    "Connections closed, by cause.", {{"cause", "overload"}})),
      closed_by_violation(AddCounter(registry, "entitysync_connections_closed_total",
                                     "Connections closed, by cause.", {{"cause", "violation"}})),
      closed_by_drain(AddCounter(registry, "entitysync_connections_closed_total",
                                 "Connections closed, by cause.", {{"cause", "drain"}})),
      messages_subscribe(AddCounter(registry, "entitysync_client_messages_total",
                                    "Client messages, by kind.", {{"kind", "subscribe"}})),
      messages_unsubscribe(AddCounter(registry, "entitysync_client_messages_total",
                                      "Client messages, by kind.", {{"kind", "unsubscribe"}})),
      messages_secret(AddCounter(registry, "entitysync_client_messages_total",
                                 "Client messages, by kind.", {{"kind", "secret"}})),
      messages_dropped(AddCounter(registry, "entitysync_client_messages_total",
                                  "Client messages, by kind.", {{"kind", "unusable"}})),
      subscriptions_unknown_type(AddCounter(registry, "entitysync_subscriptions_refused_total",
                                            "Subscriptions refused, by cause.",
                                            {{"cause", "unknown_type"}})),
      subscriptions_over_limit(AddCounter(registry, "entitysync_subscriptions_refused_total",
                                          "Subscriptions refused, by cause.",
                                          {{"cause", "limit"}})),
      subscribe_pauses(AddCounter(registry, "entitysync_subscribe_pauses_total",
                                  "Times a connection was not read from for a while because "
                                  "subscriptions came faster than allowed.")),
      pass_through_handled(AddCounter(registry, "entitysync_pass_through_total",
                                      "Pass-through messages, by result.",
                                      {{"result", "handled"}})),
      pass_through_failed(AddCounter(registry, "entitysync_pass_through_total",
                                     "Pass-through messages, by result.", {{"result", "failed"}})),
      pass_through_dropped(AddCounter(registry, "entitysync_pass_through_total",
                                      "Pass-through messages, by result.",
                                      {{"result", "dropped"}})),
      states_sent(
          AddCounter(registry, "entitysync_states_sent_total", "States written to connections.")),
      states_replaced(AddCounter(registry, "entitysync_states_replaced_total",
                                 "Waiting states replaced by a newer one before they were sent.")),
      bytes_sent(
          AddCounter(registry, "entitysync_bytes_sent_total", "Bytes handed to connections.")) {}

}  // namespace entitysync::metrics
