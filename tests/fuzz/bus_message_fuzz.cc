#include "gateway/changelog/bus_codec.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/quiet_protobuf.h"

// What comes over the bus. What can be read must read the same after being written again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using entitysync::changelog::DecodeBusMessage;
  using entitysync::changelog::EncodeBusMessage;
  const auto message = DecodeBusMessage(entitysync::fuzz::AsText(data, size));
  if (!message.ok()) return 0;
  const auto again = DecodeBusMessage(EncodeBusMessage(message->origin, message->body));
  entitysync::fuzz::Require(again.ok() && again->origin == message->origin &&
                            again->body.index() == message->body.index());
  return 0;
}
