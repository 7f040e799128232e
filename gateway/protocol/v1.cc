#include "gateway/protocol/v1.h"

#include <google/protobuf/arena.h>

#include <climits>
#include <memory>
#include <utility>

#include "gateway/protocol/v1_json.h"

namespace entitysync::protocol {
namespace {

absl::StatusOr<V1Message> DecodeProto(std::string_view payload) {
  V1Message read;
  if (payload.size() > INT_MAX ||
      !read.message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return absl::InvalidArgumentError(
        "the message is no entitysync.client.v1.ClientMessage: generate it from client.proto");
  }
  return read;
}

Frame FrameOf(FrameKind kind, std::string_view payload) {
  std::string frame;
  frame.reserve(MessageBytes(payload.size()));
  AppendMessage(kind, payload, frame);
  return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace

absl::StatusOr<V1Message> DecodeV1(V1Form form, std::string_view payload, bool is_binary) {
  if (is_binary != (form == V1Form::kProto)) {
    return absl::InvalidArgumentError(is_binary
                                          ? "entity-sync.v1.json takes text frames, not binary ones"
                                          : "entity-sync.v1.proto takes binary frames, not text");
  }
  return form == V1Form::kProto ? DecodeProto(payload) : DecodeV1Json(payload);
}

Frame EncodeV1(V1Form form, const client::v1::ServerEvent& event) {
  if (form == V1Form::kProto) return FrameOf(FrameKind::kBinary, event.SerializeAsString());
  return FrameOf(FrameKind::kText, EncodeV1Json(event));
}

Frame EncodeV1State(V1Form form, const base::EntityKey& key, std::string_view version,
                    std::span<const std::string_view> rows) {
  if (form == V1Form::kJson) {
    return FrameOf(FrameKind::kText, EncodeV1StateJson(key, version, rows));
  }
  google::protobuf::Arena arena;
  auto* const event = google::protobuf::Arena::CreateMessage<client::v1::ServerEvent>(&arena);
  client::v1::State& state = *event->mutable_state();
  state.set_entity(key.entity);
  state.set_id(key.id);
  state.set_version(std::string(version));
  for (const std::string_view row : rows) state.add_rows(row.data(), row.size());
  return FrameOf(FrameKind::kBinary, event->SerializeAsString());
}

}  // namespace entitysync::protocol
