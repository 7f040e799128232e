#include "gateway/protocol/json_patch.h"
#include "gateway/protocol/raw_json.h"
#include "gateway/protocol/v1.h"
#include "gateway/protocol/v1_version.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace {

using entitysync::fuzz::Require;
namespace protocol = entitysync::protocol;

void CheckDecoded(const protocol::V1Message& read) {
  const auto& message = read.message;
  if (!read.faults.empty()) {
    const int items = message.has_subscribe() ? message.subscribe().subscriptions_size()
                                              : message.unsubscribe().keys_size();
    Require(read.faults.size() == static_cast<size_t>(items));
  }
  for (const auto& subscription : message.subscribe().subscriptions()) {
    const auto known = protocol::ReadVersion(subscription.known());
    Require(!known || protocol::WriteVersion(*known) == subscription.known());
  }
}

// Two texts of application rows, cut out of the input.
void CheckPatch(std::string_view text) {
  const size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return;
  const std::string_view from[] = {text.substr(0, cut)};
  const std::string_view to[] = {text.substr(cut + 1)};
  const auto patch = protocol::MakeJsonPatch(from, to, 10'000);
  if (!patch.has_value()) return;
  Require(protocol::IsJson(from[0]) && protocol::IsJson(to[0]) && protocol::IsJson(*patch));
  if (from[0] == to[0]) Require(*patch == "[]");
}

}  // namespace

// What v1 clients send, in both forms, and rows that patches are made of.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto text = entitysync::fuzz::AsText(data, size);
  const auto json = protocol::DecodeV1(protocol::V1Form::kJson, text, false);
  if (json.ok()) CheckDecoded(*json);
  const auto proto = protocol::DecodeV1(protocol::V1Form::kProto, text, true);
  if (proto.ok()) CheckDecoded(*proto);
  Require(!protocol::DecodeV1(protocol::V1Form::kJson, text, true).ok());
  CheckPatch(text);

  // As a row it comes out as one JSON value, whatever it is.
  const std::string_view rows[] = {text};
  const auto frame = protocol::EncodeV1State(protocol::V1Form::kJson, {"items", "1"}, "1.a", rows);
  std::string_view rest = *frame;
  Require(protocol::IsJson(protocol::TakeMessage(rest).payload) ||
          text.find("[") != std::string_view::npos || text.find("{") != std::string_view::npos);
  return 0;
}
