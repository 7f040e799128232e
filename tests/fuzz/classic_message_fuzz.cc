#include "gateway/protocol/classic.h"
#include "tests/fuzz/fuzz_target.h"

// What classic clients send.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using entitysync::fuzz::Require;
  using Kind = entitysync::protocol::ClassicMessage::Kind;
  const auto text = entitysync::fuzz::AsText(data, size);
  const auto message = entitysync::protocol::DecodeClassic(text, false);
  if (message.kind == Kind::kSubscribe || message.kind == Kind::kUnsubscribe) {
    Require(entitysync::base::ValidateEntityKey(message.key.entity, message.key.id).ok());
  }
  Require(entitysync::protocol::DecodeClassic(text, true).kind == Kind::kPassThrough);
  return 0;
}
