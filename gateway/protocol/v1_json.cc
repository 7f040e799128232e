#include "gateway/protocol/v1_json.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <optional>

#include "gateway/protocol/raw_json.h"

namespace entitysync::protocol {
namespace {

namespace json = boost::json;
using client::v1::ClientMessage;
using client::v1::ServerEvent;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kBase64 = "$base64";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }
json::string_view JsonView(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(View(what)); }

// The member's value; null if it is not there, or is null.
const json::value* Find(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(JsonView(name));
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<uint32_t> AsRef(const json::value& value) {
  json::error_code error;
  const auto number = value.is_number() ? value.to_number<uint32_t>(error) : 0;
  return value.is_number() && !error ? std::optional(number) : std::nullopt;
}

// The only field of a message that is a list, if that is all it has: its elements may stand for it.
const FieldDescriptor* ListOf(const Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  return type.field_count() == 1 && type.field(0)->is_repeated() ? type.field(0) : nullptr;
}

// `body` as the message's own JSON has it.
std::string Normal(const Message& message, const json::value* body) {
  const FieldDescriptor* const list = ListOf(message);
  if (body == nullptr) return "{}";
  if (list == nullptr) return json::serialize(*body);
  const std::string elements = json::serialize(*body);
  return body->is_array() ? absl::StrCat("{\"", list->json_name(), "\":", elements, "}")
                          : absl::StrCat("{\"", list->json_name(), "\":[", elements, "]}");
}

absl::Status ReadBody(std::string_view action, const json::value* body, Message& message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto read =
      google::protobuf::util::JsonStringToMessage(Normal(message, body), &message, options);
  if (read.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the body of \"", View(action),
      "\" cannot be used: ", absl::string_view(read.message().data(), read.message().size())));
}

// --- Events.

void AppendText(std::string_view text, std::string& out) {
  out += json::serialize(json::string(JsonView(text)));
}

// Whether a row that is JSON could be taken for the stand-in of one that is not.
bool LooksLikeBase64(std::string_view row) {
  const size_t begin = row.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && row[begin] == '{' && !RawMember(row, kBase64).empty();
}

void AppendRow(std::string_view row, std::string& out) {
  if (IsJson(row) && !LooksLikeBase64(row)) {
    out.append(row);
  } else {
    absl::StrAppend(&out, "{\"", View(kBase64), "\":\"", absl::Base64Escape(View(row)), "\"}");
  }
}

void AppendRows(const auto& rows, std::string& out) {
  out += '[';
  for (const std::string& row : rows) {
    if (out.back() != '[') out += ',';
    AppendRow(row, out);
  }
  out += ']';
}

// `{"event":"<name>"`, and the ref.
std::string Begin(std::string_view name, const ServerEvent& event) {
  std::string out = absl::StrCat("{\"event\":\"", View(name), "\"");
  if (event.has_ref()) absl::StrAppend(&out, ",\"ref\":", event.ref());
  return out;
}

void AppendMember(std::string_view name, std::string_view text, std::string& out) {
  absl::StrAppend(&out, ",\"", View(name), "\":");
  AppendText(text, out);
}

// The members that the mapping gives the message.
void AppendMembers(const Message& message, std::string& out) {
  std::string members;
  const auto written = google::protobuf::util::MessageToJsonString(message, &members);
  // Texts that are not UTF-8 would be the only reason to fail; they are checked where they come in.
  if (!written.ok() || members.size() <= 2) return;
  out += ',';
  out.append(members, 1, members.size() - 2);
}

}  // namespace

absl::StatusOr<ClientMessage> DecodeV1Json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  const json::value root = json::parse(JsonView(text), error, {}, options);
  if (error || !root.is_object()) {
    return Wrong("the message is no JSON object: send {\"action\": ..., \"body\": ...}");
  }
  ClientMessage message;
  if (const json::value* const ref = Find(root.get_object(), "ref")) {
    const std::optional<uint32_t> number = AsRef(*ref);
    if (!number) return Wrong("\"ref\" has to be a whole number from 0 to 4294967295");
    message.set_ref(*number);
  }
  const json::value* const action = Find(root.get_object(), "action");
  if (action == nullptr || !action->is_string()) {
    return Wrong(
        "the message has no \"action\": say \"subscribe\", \"unsubscribe\", \"update\", "
        "\"authenticate\", \"message\" or \"ping\"");
  }
  const std::string name(action->get_string());
  const FieldDescriptor* const field = ClientMessage::descriptor()->FindFieldByName(name);
  if (field == nullptr || field->real_containing_oneof() == nullptr) return message;  // Unknown.
  if (field->number() == ClientMessage::kMessageFieldNumber) {
    message.mutable_message()->set_data(std::string(RawMember(text, "body")));
    return message;
  }
  Message& body = *message.GetReflection()->MutableMessage(&message, field);
  const absl::Status read = ReadBody(name, Find(root.get_object(), "body"), body);
  if (!read.ok()) return read;
  return message;
}

std::string EncodeV1Json(const ServerEvent& event) {
  const google::protobuf::OneofDescriptor* const cases = ServerEvent::descriptor()->oneof_decl(0);
  const FieldDescriptor* const field = event.GetReflection()->GetOneofFieldDescriptor(event, cases);
  if (field == nullptr) return "{}";
  std::string out = Begin(field->name(), event);
  switch (event.event_case()) {
    case ServerEvent::kState:
      AppendMember("entity", event.state().entity(), out);
      AppendMember("id", event.state().id(), out);
      AppendMember("version", event.state().version(), out);
      out += ",\"rows\":";
      AppendRows(event.state().rows(), out);
      break;
    case ServerEvent::kReply:
      out += ",\"replies\":";
      AppendRows(event.reply().replies(), out);
      break;
    case ServerEvent::kPatch: {
      client::v1::Patch members = event.patch();
      members.clear_patch();
      AppendMembers(members, out);
      absl::StrAppend(&out, ",\"patch\":", event.patch().patch());
      break;
    }
    default:
      AppendMembers(event.GetReflection()->GetMessage(event, field), out);
  }
  out += '}';
  return out;
}

std::string EncodeV1StateJson(const base::EntityKey& key, std::string_view version,
                              const base::Rows& rows) {
  std::string out = Begin("state", ServerEvent());
  AppendMember("entity", key.entity, out);
  AppendMember("id", key.id, out);
  AppendMember("version", version, out);
  out += ",\"rows\":";
  AppendRows(rows, out);
  out += '}';
  return out;
}

}  // namespace entitysync::protocol
