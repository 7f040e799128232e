#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include "gateway/protocol/raw_json.h"
#include "gateway/protocol/v1_json.h"

namespace entitysync::protocol {
namespace {

using client::v1::ServerEvent;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kBase64 = "$base64";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

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
  for (const std::string_view row : rows) {
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
  AppendJsonString(text, out);
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
                              std::span<const std::string_view> rows) {
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
