#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/changelog/change_publisher.h"

namespace entitysync::changelog {

// Who sent a bus message: one run of one replica.
struct Origin {
  std::string replica;
  uint64_t epoch = 0;  // Milliseconds since the Unix epoch at its start.

  friend bool operator==(const Origin&, const Origin&) = default;
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

// What replicas say to each other; the meaning of each stands in bus.proto.
struct BatchBody {
  uint64_t number = 0;
  std::vector<Change> changes;
};
struct HeartbeatBody {
  uint64_t last_number = 0;
};
struct GoodbyeBody {
  uint64_t last_number = 0;
};
struct AckBody {
  uint64_t round = 0;
};
using Body = std::variant<BatchBody, HeartbeatBody, GoodbyeBody, AckBody>;

// The layout this release writes.
inline constexpr uint32_t kSchemaVersion = 1;

// A bus message as bytes. All changes of a batch share one entity type.
std::string EncodeBusMessage(const Origin& origin, const Body& body);
// The same for a batch, without copying it into a Body.
std::string EncodeBusMessage(const Origin& origin, const BatchBody& batch);

struct DecodedMessage {
  Origin origin;
  Body body;
  bool newer_schema = false;  // Written by a later release: understood as far as it goes.
};
// INVALID_ARGUMENT if the bytes are not a bus message with an origin and a known body.
absl::StatusOr<DecodedMessage> DecodeBusMessage(std::string_view bytes);

}  // namespace entitysync::changelog
