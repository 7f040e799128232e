#pragma once

#include "entitysync/internal/v1/bus.pb.h"
#include "gateway/base/wire_reader.h"

// The fields of bus.proto as they stand on the wire.
namespace entitysync::changelog::tags {

namespace pb = ::entitysync::internal::v1;
using base::WireReader;

inline constexpr uint32_t kSchema =
    WireReader::VarintTag(pb::BusMessage::kSchemaVersionFieldNumber);
inline constexpr uint32_t kPublisher = WireReader::BytesTag(pb::BusMessage::kPublisherFieldNumber);
inline constexpr uint32_t kReplica = WireReader::BytesTag(pb::Publisher::kReplicaFieldNumber);
inline constexpr uint32_t kEpoch = WireReader::VarintTag(pb::Publisher::kEpochFieldNumber);
inline constexpr uint32_t kNumber = WireReader::VarintTag(pb::BusMessage::kNumberFieldNumber);

inline constexpr uint32_t kChanges = WireReader::BytesTag(pb::BusMessage::kChangesFieldNumber);
inline constexpr uint32_t kEntity = WireReader::BytesTag(pb::ChangeBatch::kEntityFieldNumber);
inline constexpr uint32_t kChanged = WireReader::BytesTag(pb::ChangeBatch::kChangesFieldNumber);
inline constexpr uint32_t kId = WireReader::BytesTag(pb::ChangedEntity::kIdFieldNumber);
inline constexpr uint32_t kVersion = WireReader::VarintTag(pb::ChangedEntity::kVersionFieldNumber);

inline constexpr uint32_t kHeartbeat = WireReader::BytesTag(pb::BusMessage::kHeartbeatFieldNumber);
inline constexpr uint32_t kGoodbye = WireReader::BytesTag(pb::BusMessage::kGoodbyeFieldNumber);
inline constexpr uint32_t kLastNumber =
    WireReader::VarintTag(pb::Heartbeat::kLastNumberFieldNumber);
static_assert(kLastNumber == WireReader::VarintTag(pb::Goodbye::kLastNumberFieldNumber));
inline constexpr uint32_t kPartitions =
    WireReader::VarintTag(pb::Heartbeat::kPartitionsFieldNumber);

inline constexpr uint32_t kAck = WireReader::BytesTag(pb::BusMessage::kAckFieldNumber);
inline constexpr uint32_t kRound = WireReader::VarintTag(pb::Ack::kRoundFieldNumber);

}  // namespace entitysync::changelog::tags
