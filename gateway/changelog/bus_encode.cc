#include <utility>

#include "gateway/base/wire_writer.h"
#include "gateway/changelog/bus_codec.h"
#include "gateway/changelog/bus_tags.h"

namespace entitysync::changelog {
namespace {

using base::WireWriter;

// A number that has its default value is left out, as Protocol Buffers do.
size_t NumberSize(uint64_t value) { return value == 0 ? 0 : WireWriter::VarintFieldSize(value); }
void WriteNumber(WireWriter& out, uint32_t tag, uint64_t value) {
  if (value != 0) out.VarintField(tag, value);
}

// Says who it is from; `rest` bytes follow.
WireWriter Begin(const Origin& origin, size_t rest) {
  const size_t size = WireWriter::BytesFieldSize(origin.replica.size()) + NumberSize(origin.epoch);
  WireWriter out(WireWriter::VarintFieldSize(kSchemaVersion) + WireWriter::BytesFieldSize(size) +
                 rest);
  out.VarintField(tags::kSchema, kSchemaVersion);
  out.MessageField(tags::kPublisher, size);
  out.BytesField(tags::kReplica, origin.replica);
  WriteNumber(out, tags::kEpoch, origin.epoch);
  return out;
}

// A body with one number in it.
std::string Encode(const Origin& origin, uint32_t body, uint32_t tag, uint64_t value) {
  const size_t size = NumberSize(value);
  WireWriter out = Begin(origin, WireWriter::BytesFieldSize(size));
  out.MessageField(body, size);
  WriteNumber(out, tag, value);
  return out.Take();
}

struct BodyEncoder {
  const Origin& origin;

  std::string operator()(const BatchBody& body) const { return EncodeBusMessage(origin, body); }
  std::string operator()(const HeartbeatBody& body) const {
    constexpr uint64_t kOnePartition = 1;
    const size_t size = NumberSize(body.last_number) + WireWriter::VarintFieldSize(kOnePartition);
    WireWriter out = Begin(origin, WireWriter::BytesFieldSize(size));
    out.MessageField(tags::kHeartbeat, size);
    WriteNumber(out, tags::kLastNumber, body.last_number);
    out.VarintField(tags::kPartitions, kOnePartition);
    return out.Take();
  }
  std::string operator()(const GoodbyeBody& body) const {
    return Encode(origin, tags::kGoodbye, tags::kLastNumber, body.last_number);
  }
  std::string operator()(const AckBody& body) const {
    return Encode(origin, tags::kAck, tags::kRound, body.round);
  }
};

size_t ChangedSize(const Change& change) {
  return WireWriter::BytesFieldSize(change.key.id.size()) +
         (change.version ? WireWriter::VarintFieldSize(*change.version) : 0);
}

}  // namespace

std::string EncodeBusMessage(const Origin& origin, const Body& body) {
  return std::visit(BodyEncoder{origin}, body);
}

std::string EncodeBusMessage(const Origin& origin, const BatchBody& batch) {
  size_t size = 0;
  if (!batch.changes.empty()) {
    size = WireWriter::BytesFieldSize(batch.changes.front().key.entity.size());
  }
  for (const Change& change : batch.changes) {
    size += WireWriter::BytesFieldSize(ChangedSize(change));
  }
  WireWriter out = Begin(origin, NumberSize(batch.number) + WireWriter::BytesFieldSize(size));
  WriteNumber(out, tags::kNumber, batch.number);
  out.MessageField(tags::kChanges, size);
  if (!batch.changes.empty()) out.BytesField(tags::kEntity, batch.changes.front().key.entity);
  for (const Change& change : batch.changes) {
    out.MessageField(tags::kChanged, ChangedSize(change));
    out.BytesField(tags::kId, change.key.id);
    if (change.version) out.VarintField(tags::kVersion, *change.version);
  }
  return out.Take();
}

}  // namespace entitysync::changelog
