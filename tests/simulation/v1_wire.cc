#include "tests/simulation/v1_wire.h"

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/json_util.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cassert>
#include <utility>

namespace entitysync::simulation {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The case of the only oneof; null if none is set.
const FieldDescriptor* CaseOf(const Message& message) {
  return message.GetReflection()->GetOneofFieldDescriptor(message,
                                                          message.GetDescriptor()->oneof_decl(0));
}

std::string Write(const Message& message) {
  std::string text;
  const auto written = google::protobuf::util::MessageToJsonString(message, &text);
  assert(written.ok());
  static_cast<void>(written);
  return text;
}

// The list itself where that is all that the message holds.
std::string WriteBody(const Message& message) {
  const json::value body = json::parse(Write(message));
  const FieldDescriptor* first =
      message.GetDescriptor()->field_count() == 1 ? message.GetDescriptor()->field(0) : nullptr;
  if (first == nullptr || !first->is_repeated()) return json::serialize(body);
  const json::array& list = body.at(first->json_name()).as_array();
  return json::serialize(list.size() == 1 ? list.front() : json::value(list));
}

// Takes a member out that stands for bytes in the other form.
json::value Take(json::object& object, const char* name) {
  json::value taken = std::move(object.at(name));
  object.erase(name);
  return taken;
}

ServerEvent ReadJson(std::string_view payload) {
  json::object fields = json::parse({payload.data(), payload.size()}).as_object();
  ServerEvent event;
  const auto name = std::string(Take(fields, "event").as_string());
  if (fields.contains("ref")) event.set_ref(Take(fields, "ref").to_number<uint32_t>());
  json::value rows;
  json::value patch;
  if (name == "state") rows = Take(fields, "rows");
  if (name == "patch") patch = Take(fields, "patch");
  const FieldDescriptor* field = ServerEvent::descriptor()->FindFieldByName(name);
  if (field == nullptr) return ServerEvent();
  Message* body = event.GetReflection()->MutableMessage(&event, field);
  const auto read = google::protobuf::util::JsonStringToMessage(json::serialize(fields), body);
  if (!read.ok()) return ServerEvent();
  if (name == "patch") event.mutable_patch()->set_patch(json::serialize(patch));
  if (name != "state") return event;
  for (const json::value& row : rows.as_array())
    event.mutable_state()->add_rows(json::serialize(row));
  return event;
}

}  // namespace

std::string WriteMessage(protocol::V1Form form, const ClientMessage& message) {
  if (form == protocol::V1Form::kProto) return message.SerializeAsString();
  const FieldDescriptor* field = CaseOf(message);
  const Message& body = message.GetReflection()->GetMessage(message, field);
  return absl::StrCat(R"({"action":")", field->name(), R"(","ref":)", message.ref(), R"(,"body":)",
                      WriteBody(body), "}");
}

ServerEvent ReadEvent(protocol::V1Form form, std::string_view payload) {
  if (form == protocol::V1Form::kJson) return ReadJson(payload);
  ServerEvent event;
  const bool read = event.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
  return read ? event : ServerEvent();
}

std::string NameOf(const ServerEvent& event) { return std::string(CaseOf(event)->name()); }

}  // namespace entitysync::simulation
