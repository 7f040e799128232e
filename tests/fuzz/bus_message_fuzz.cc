#include <string>

#include "entitysync/internal/v1/bus.pb.h"
#include "gateway/changelog/bus_codec.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quiet_protobuf.h"

namespace entitysync::fuzz {
namespace {

using changelog::DecodeBusMessage;
using changelog::EncodeBusMessage;

// What Protocol Buffers write, we read; what we write of it, they write too, but for what we do not
// know and for versions that we do not have.
void CheckAgainstProtobuf(std::string_view bytes) {
  internal::v1::BusMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  const auto decoded = DecodeBusMessage(message.SerializeAsString());
  Require(decoded.ok() == (!message.publisher().replica().empty() &&
                           message.body_case() != internal::v1::BusMessage::BODY_NOT_SET));
  if (!decoded.ok()) return;
  internal::v1::BusMessage again;
  Require(again.ParseFromString(EncodeBusMessage(decoded->origin, decoded->body)));
  Require(again.publisher().replica() == message.publisher().replica());
  Require(again.publisher().epoch() == message.publisher().epoch());
  Require(again.body_case() == message.body_case());
  Require(again.heartbeat().last_number() == message.heartbeat().last_number());
  Require(again.goodbye().last_number() == message.goodbye().last_number());
  Require(again.ack().round() == message.ack().round());
  if (!message.has_changes()) return;
  message.mutable_changes()->DiscardUnknownFields();
  if (message.changes().changes().empty()) message.mutable_changes()->clear_entity();
  Require(again.number() == message.number());
  Require(again.changes().SerializeAsString() == message.changes().SerializeAsString());
}

}  // namespace
}  // namespace entitysync::fuzz

// What comes over the bus. What can be read must read the same after being written again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace entitysync;
  const std::string_view bytes = fuzz::AsText(data, size);
  const auto message = changelog::DecodeBusMessage(bytes);
  if (message.ok()) {
    const std::string written = changelog::EncodeBusMessage(message->origin, message->body);
    const auto again = changelog::DecodeBusMessage(written);
    fuzz::Require(again.ok() && again->origin == message->origin &&
                  again->body.index() == message->body.index() &&
                  changelog::EncodeBusMessage(again->origin, again->body) == written);
  }
  fuzz::CheckAgainstProtobuf(bytes);
  return 0;
}
