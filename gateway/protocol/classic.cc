#include "gateway/protocol/classic.h"

#include <absl/strings/match.h>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>

namespace entitysync::protocol {
namespace {

namespace json = boost::json;

std::string_view View(const json::string& text) { return {text.data(), text.size()}; }

// The member that Go's encoding/json would store in a field called `name`: the last one whose name
// matches in any letter case. Null if there is none or its value is null.
const json::value* FindMember(const json::object& object, absl::string_view name) {
  const json::value* found = nullptr;
  for (const json::key_value_pair& member : object) {
    const absl::string_view key(member.key().data(), member.key().size());
    if (absl::EqualsIgnoreCase(key, name) && !member.value().is_null()) found = &member.value();
  }
  return found;
}

// Reads body.entity and body.id; false if they are not two usable strings.
bool ReadKey(const json::value* body, base::EntityKey& key) {
  if (body == nullptr || !body->is_object()) return false;
  const json::value* entity = FindMember(body->get_object(), "entity");
  const json::value* id = FindMember(body->get_object(), "id");
  if (entity == nullptr || !entity->is_string() || id == nullptr || !id->is_string()) return false;
  const std::string_view entity_text = View(entity->get_string());
  const std::string_view id_text = View(id->get_string());
  if (!base::ValidateEntityKey(entity_text, id_text).ok()) return false;
  key = {.entity = std::string(entity_text), .id = std::string(id_text)};
  return true;
}

ClassicMessage Interpret(std::string_view action, const json::value* body) {
  using Kind = ClassicMessage::Kind;
  ClassicMessage message;
  if (action == "subscribe" || action == "unsubscribe") {
    const Kind kind = action == "subscribe" ? Kind::kSubscribe : Kind::kUnsubscribe;
    message.kind = ReadKey(body, message.key) ? kind : Kind::kUnusable;
  } else if (action == "secret") {
    const bool usable = body == nullptr || body->is_string();
    if (usable && body != nullptr) message.secret = View(body->get_string());
    message.kind = usable ? Kind::kSecret : Kind::kUnusable;
  }
  return message;
}

FrameKind KindOf(std::string_view data, bool is_binary) {
  return is_binary || !base::IsValidUtf8(data) ? FrameKind::kBinary : FrameKind::kText;
}

}  // namespace

ClassicMessage DecodeClassic(std::string_view payload, bool is_binary) {
  if (is_binary) return {};
  unsigned char buffer[4096];
  json::monotonic_resource memory(buffer, sizeof(buffer));
  json::parse_options options;
  options.max_depth = kMaxClassicJsonDepth;
  json::error_code error;
  const json::value root =
      json::parse(json::string_view(payload.data(), payload.size()), error, &memory, options);
  if (error || !root.is_object()) return {};
  const json::value* action = FindMember(root.get_object(), "action");
  if (action == nullptr || !action->is_string()) return {};
  return Interpret(View(action->get_string()), FindMember(root.get_object(), "body"));
}

ClassicState EncodeClassic(const base::Rows& rows) {
  size_t bytes = 0;
  for (const std::string& row : rows) bytes += MessageBytes(row.size());
  std::string frame;
  frame.reserve(bytes);
  ClassicState state;
  for (const std::string& row : rows) {
    const FrameKind kind = KindOf(row, false);
    if (kind == FrameKind::kBinary) ++state.rows_not_utf8;
    AppendMessage(kind, row, frame);
  }
  state.frame = std::make_shared<const std::string>(std::move(frame));
  return state;
}

Frame EncodeClassicReply(std::string_view data, bool is_binary) {
  std::string frame;
  frame.reserve(MessageBytes(data.size()));
  AppendMessage(KindOf(data, is_binary), data, frame);
  return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace entitysync::protocol
