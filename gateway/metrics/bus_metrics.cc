#include "gateway/metrics/builders.h"

namespace entitysync::metrics {

BusMetrics::BusMetrics(prometheus::Registry& registry)
    : connected(AddGauge(registry, "entitysync_bus_connected",
                         "Whether the bus is connected and confirmed (1 or 0).")),
      connects(
          AddCounter(registry, "entitysync_bus_connects_total", "Connections to the bus made.")),
      disconnects(
          AddCounter(registry, "entitysync_bus_disconnects_total", "Connections to the bus lost.")),
      messages_published(AddCounter(registry, "entitysync_bus_messages_published_total",
                                    "Bus messages handed to the link.")),
      messages_received(
          AddCounter(registry, "entitysync_bus_messages_received_total", "Bus messages received.")),
      messages_dropped(AddCounter(registry, "entitysync_bus_messages_dropped_total",
                                  "Bus messages that the link threw away on overflow.")),
      messages_malformed(AddCounter(registry, "entitysync_bus_messages_malformed_total",
                                    "Bus messages that could not be read.")),
      publishes_refused(AddCounter(registry, "entitysync_bus_publishes_refused_total",
                                   "Bus messages that the link did not take.")),
      gaps_disconnect(AddCounter(registry, "entitysync_bus_gaps_total",
                                 "Times that changes may have been missed, by how it was noticed.",
                                 {{"cause", "disconnect"}})),
      gaps_dropped(AddCounter(registry, "entitysync_bus_gaps_total",
                              "Times that changes may have been missed, by how it was noticed.",
                              {{"cause", "dropped"}})),
      gaps_number(AddCounter(registry, "entitysync_bus_gaps_total",
                             "Times that changes may have been missed, by how it was noticed.",
                             {{"cause", "number"}})),
      gaps_silence(AddCounter(registry, "entitysync_bus_gaps_total",
                              "Times that changes may have been missed, by how it was noticed.",
                              {{"cause", "silence"}})),
      gaps_mailbox(AddCounter(registry, "entitysync_bus_gaps_total",
                              "Times that changes may have been missed, by how it was noticed.",
                              {{"cause", "mailbox"}})) {}

}  // namespace entitysync::metrics
