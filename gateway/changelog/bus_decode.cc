#include <algorithm>
#include <utility>

#include "gateway/changelog/bus_codec.h"
#include "gateway/changelog/bus_tags.h"

namespace entitysync::changelog {
namespace {

using base::WireReader;

bool ReadText(WireReader& in, std::string& text) {
  std::string_view bytes;
  if (!in.ReadBytes(bytes) || !base::IsValidUtf8(bytes)) return false;
  text = bytes;
  return true;
}

bool ReadOrigin(WireReader& in, Origin& origin) {
  return in.ReadMessage([&](uint32_t tag, WireReader& field) {
    if (tag == tags::kReplica) return ReadText(field, origin.replica);
    if (tag == tags::kEpoch) return field.ReadVarint(origin.epoch);
    return field.Skip(tag);
  });
}

bool ReadChanged(std::string_view bytes, Change& change) {
  return WireReader(bytes).ReadFields([&](uint32_t tag, WireReader& field) {
    if (tag == tags::kId) return ReadText(field, change.key.id);
    if (tag == tags::kVersion) return field.ReadVarint(change.version.emplace());
    return field.Skip(tag);
  });
}

// How many changes of the size of the first one fit in a batch; not absurdly many.
size_t Estimate(size_t batch_bytes, size_t changed_bytes) {
  constexpr size_t kLeast = 8;
  return 1 + batch_bytes / std::max(changed_bytes + 2, kLeast);
}

bool ReadChanges(WireReader& in, std::vector<Change>& changes) {
  std::string_view batch;
  if (!in.ReadBytes(batch)) return false;
  std::string entity = changes.empty() ? "" : changes.front().key.entity;
  const bool fine = WireReader(batch).ReadFields([&](uint32_t tag, WireReader& field) {
    if (tag == tags::kEntity) return ReadText(field, entity);
    if (tag != tags::kChanged) return field.Skip(tag);
    std::string_view changed;
    if (!field.ReadBytes(changed)) return false;
    if (changes.empty()) changes.reserve(Estimate(batch.size(), changed.size()));
    return ReadChanged(changed, changes.emplace_back());
  });
  for (Change& change : changes) change.key.entity = entity;
  return fine;
}

bool ReadNumber(WireReader& in, uint32_t wanted, uint64_t& number) {
  return in.ReadMessage([&](uint32_t tag, WireReader& field) {
    return tag == wanted ? field.ReadVarint(number) : field.Skip(tag);
  });
}

struct Fields {
  DecodedMessage message;
  uint64_t number = 0;
  bool has_body = false;

  bool Read(uint32_t tag, WireReader& in) {
    uint64_t schema = 0;
    switch (tag) {
      case tags::kSchema:
        if (!in.ReadVarint(schema)) return false;
        message.newer_schema = static_cast<uint32_t>(schema) > kSchemaVersion;
        return true;
      case tags::kPublisher:
        return ReadOrigin(in, message.origin);
      case tags::kNumber:
        return in.ReadVarint(number);
      case tags::kChanges:
        return ReadChanges(in, Begin<BatchBody>().changes);
      case tags::kHeartbeat:
        return ReadNumber(in, tags::kLastNumber, Begin<HeartbeatBody>().last_number);
      case tags::kGoodbye:
        return ReadNumber(in, tags::kLastNumber, Begin<GoodbyeBody>().last_number);
      case tags::kAck:
        return ReadNumber(in, tags::kRound, Begin<AckBody>().round);
      default:
        return in.Skip(tag);
    }
  }

  // A message that stands more than once is one, merged; of several bodies the last one counts.
  template <typename T>
  T& Begin() {
    T* const begun = std::get_if<T>(&message.body);
    if (std::exchange(has_body, true) && begun != nullptr) return *begun;
    return message.body.emplace<T>();
  }
};

}  // namespace

absl::StatusOr<DecodedMessage> DecodeBusMessage(std::string_view bytes) {
  Fields fields;
  const bool fine = WireReader(bytes).ReadFields(
      [&](uint32_t tag, WireReader& in) { return fields.Read(tag, in); });
  if (!fine || fields.message.origin.replica.empty()) {
    return absl::InvalidArgumentError("not a bus message");
  }
  if (!fields.has_body) return absl::InvalidArgumentError("a bus message without a known body");
  if (auto* batch = std::get_if<BatchBody>(&fields.message.body)) batch->number = fields.number;
  return std::move(fields.message);
}

}  // namespace entitysync::changelog
