#include "gateway/changelog/bus_codec.h"

#include <absl/container/flat_hash_map.h>

#include <utility>

#include "entitysync/internal/v1/bus.pb.h"
#include "gateway/base/limits.h"

namespace entitysync::changelog {
namespace {

namespace pb = ::entitysync::internal::v1;

// Room for everything in a message besides the ids: origin, type, numbers.
constexpr size_t kEnvelopeBytes = 1024;
// What a change takes besides its id: tags, lengths, a version.
constexpr size_t kPerChangeBytes = 24;

pb::BusMessage Envelope(const Origin& origin) {
  pb::BusMessage message;
  message.set_schema_version(kSchemaVersion);
  message.mutable_publisher()->set_replica(origin.replica);
  message.mutable_publisher()->set_epoch(origin.epoch);
  return message;
}

struct BodyWriter {
  pb::BusMessage& message;

  void operator()(const BatchBody& body) const {
    message.set_number(body.number);
    pb::ChangeBatch* batch = message.mutable_changes();
    if (!body.changes.empty()) batch->set_entity(body.changes.front().key.entity);
    for (const Change& change : body.changes) {
      pb::ChangedEntity* changed = batch->add_changes();
      changed->set_id(change.key.id);
      if (change.version.has_value()) changed->set_version(*change.version);
    }
  }
  void operator()(const HeartbeatBody& body) const {
    message.mutable_heartbeat()->set_last_number(body.last_number);
    message.mutable_heartbeat()->set_partitions(1);
  }
  void operator()(const GoodbyeBody& body) const {
    message.mutable_goodbye()->set_last_number(body.last_number);
  }
  void operator()(const AckBody& body) const { message.mutable_ack()->set_round(body.round); }
};

BatchBody ReadBatch(const pb::BusMessage& message) {
  BatchBody body{.number = message.number(), .changes = {}};
  body.changes.reserve(static_cast<size_t>(message.changes().changes_size()));
  for (const pb::ChangedEntity& changed : message.changes().changes()) {
    Change& change = body.changes.emplace_back();
    change.key = {.entity = message.changes().entity(), .id = changed.id()};
    if (changed.has_version()) change.version = changed.version();
  }
  return body;
}

}  // namespace

std::string EncodeBusMessage(const Origin& origin, const Body& body) {
  pb::BusMessage message = Envelope(origin);
  std::visit(BodyWriter{message}, body);
  return message.SerializeAsString();
}

std::string EncodeBusMessage(const Origin& origin, const BatchBody& batch) {
  pb::BusMessage message = Envelope(origin);
  BodyWriter{message}(batch);
  return message.SerializeAsString();
}

absl::StatusOr<DecodedMessage> DecodeBusMessage(std::string_view bytes) {
  pb::BusMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.publisher().replica().empty()) {
    return absl::InvalidArgumentError("not a bus message");
  }
  DecodedMessage decoded;
  decoded.origin = {.replica = message.publisher().replica(), .epoch = message.publisher().epoch()};
  decoded.newer_schema = message.schema_version() > kSchemaVersion;
  switch (message.body_case()) {
    case pb::BusMessage::kChanges:
      decoded.body = ReadBatch(message);
      break;
    case pb::BusMessage::kHeartbeat:
      decoded.body = HeartbeatBody{message.heartbeat().last_number()};
      break;
    case pb::BusMessage::kGoodbye:
      decoded.body = GoodbyeBody{message.goodbye().last_number()};
      break;
    case pb::BusMessage::kAck:
      decoded.body = AckBody{message.ack().round()};
      break;
    case pb::BusMessage::BODY_NOT_SET:
      return absl::InvalidArgumentError("a bus message without a known body");
  }
  return decoded;
}

std::vector<std::vector<Change>> DivideIntoBatches(std::vector<Change> changes) {
  std::vector<std::vector<Change>> batches;
  struct Open {
    size_t batch;
    size_t bytes;
  };
  absl::flat_hash_map<std::string, Open> open;
  for (Change& change : changes) {
    const size_t bytes = change.key.id.size() + kPerChangeBytes;
    const auto [it, is_new] = open.try_emplace(change.key.entity, Open{0, 0});
    const size_t limit = base::limits::kMaxBusMessageBytes - kEnvelopeBytes;
    if (is_new || it->second.bytes + bytes > limit) {
      it->second = {.batch = batches.size(), .bytes = 0};
      batches.emplace_back();
    }
    it->second.bytes += bytes;
    batches[it->second.batch].push_back(std::move(change));
  }
  return batches;
}

}  // namespace entitysync::changelog
