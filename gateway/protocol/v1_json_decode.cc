#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "gateway/base/printable.h"
#include "gateway/protocol/raw_json.h"
#include "gateway/protocol/v1_json.h"

namespace entitysync::protocol {
namespace {

namespace json = boost::json;
using client::v1::ClientMessage;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

json::string_view JsonView(std::string_view text) { return {text.data(), text.size()}; }

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

// Sets one field, if the value has exactly its type.
bool SetField(const json::value& value, const FieldDescriptor& field, Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return false;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && value.is_string() &&
      field.type() == FieldDescriptor::TYPE_STRING) {
    reflection.SetString(&message, &field, std::string(value.get_string()));
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL && value.is_bool()) {
    reflection.SetBool(&message, &field, value.get_bool());
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE && value.is_number()) {
    reflection.SetDouble(&message, &field, value.to_number<double>());
  } else {
    return false;
  }
  return true;
}

// Reads what nearly every client writes: members by their names in the mapping, with values of the
// plain types. Six times as fast as the library, which matters when thousands come back with
// hundreds of keys each. False: there is more to it.
bool ReadPlainly(const json::value& value, Message& message) {
  if (!value.is_object()) return false;
  for (const json::key_value_pair& member : value.get_object()) {
    const FieldDescriptor* const field =
        message.GetDescriptor()->FindFieldByCamelcaseName(std::string(member.key()));
    if (field == nullptr || !SetField(member.value(), *field, message)) return false;
  }
  return true;
}

absl::Status ReadMessage(const json::value& value, Message& message) {
  if (ReadPlainly(value, message)) return absl::OkStatus();
  message.Clear();
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto read =
      google::protobuf::util::JsonStringToMessage(json::serialize(value), &message, options);
  if (read.ok()) return absl::OkStatus();
  message.Clear();
  absl::string_view why(read.message().data(), read.message().size());
  absl::ConsumePrefix(&why, ": ");
  return absl::InvalidArgumentError(absl::StrCat(
      "it cannot be used: ", base::Printable(std::string_view(why.data(), why.size()), 200)));
}

// The only field of a message that is a list, if that is all it has: its elements may stand for it.
const FieldDescriptor* ListOf(const Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  return type.field_count() == 1 && type.field(0)->is_repeated() ? type.field(0) : nullptr;
}

// Reads the elements one by one, so that a bad one does no harm to the others.
void ReadElement(const json::value& element, const FieldDescriptor& list, Message& message,
                 std::vector<std::string>& faults) {
  Message& item = *message.GetReflection()->AddMessage(&message, &list);
  const absl::Status status = ReadMessage(element, item);
  faults.emplace_back(status.ok() ? absl::string_view() : status.message());
}

void ReadList(const json::value& body, const FieldDescriptor& list, V1Message& read,
              Message& message) {
  if (!body.is_array()) {
    ReadElement(body, list, message, read.faults);
  } else if (body.get_array().size() > kMaxV1Items) {
    read.body =
        absl::InvalidArgumentError(absl::StrCat("one message may name ", kMaxV1Items, " keys, not ",
                                                body.get_array().size(), ": send several"));
  } else {
    for (const json::value& element : body.get_array()) {
      ReadElement(element, list, message, read.faults);
    }
  }
  const bool is_fine = std::all_of(read.faults.begin(), read.faults.end(),
                                   [](const std::string& fault) { return fault.empty(); });
  if (is_fine) read.faults.clear();
}

// Reads the body into the field of the action.
void ReadBody(const json::value* body, const FieldDescriptor& action, V1Message& read) {
  Message& message = *read.message.GetReflection()->MutableMessage(&read.message, &action);
  if (body == nullptr) return;
  if (const FieldDescriptor* const list = ListOf(message)) {
    ReadList(*body, *list, read, message);
  } else if (const absl::Status status = ReadMessage(*body, message); !status.ok()) {
    read.body = absl::InvalidArgumentError(
        absl::StrCat("the body of \"", action.name(), "\": ", status.message()));
  }
}

}  // namespace

absl::StatusOr<V1Message> DecodeV1Json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  const json::value root = json::parse(JsonView(text), error, {}, options);
  if (error || !root.is_object()) {
    return absl::InvalidArgumentError(
        "the message is no JSON object: send {\"action\": ..., \"body\": ...}");
  }
  V1Message read;
  if (const json::value* const ref = Find(root.get_object(), "ref")) {
    const std::optional<uint32_t> number = AsRef(*ref);
    if (!number) {
      return absl::InvalidArgumentError("\"ref\" has to be a whole number from 0 to 4294967295");
    }
    read.message.set_ref(*number);
  }
  const json::value* const action = Find(root.get_object(), "action");
  if (action == nullptr || !action->is_string()) {
    return absl::InvalidArgumentError(
        "the message has no \"action\": say \"subscribe\", \"unsubscribe\", \"update\", "
        "\"authenticate\", \"message\" or \"ping\"");
  }
  const FieldDescriptor* const field =
      ClientMessage::descriptor()->FindFieldByName(std::string(action->get_string()));
  if (field == nullptr || field->real_containing_oneof() == nullptr) return read;  // Unknown.
  if (field->number() == ClientMessage::kMessageFieldNumber) {
    read.message.mutable_message()->set_data(std::string(RawMember(text, "body")));
  } else {
    ReadBody(Find(root.get_object(), "body"), *field, read);
  }
  return read;
}

}  // namespace entitysync::protocol
