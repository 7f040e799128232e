#include <string>

#include "entitysync/gateway/subject.h"
#include "tests/fuzz/fuzz_target.h"

// Prefixes and entity types on their way into subjects and back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using entitysync::fuzz::Require;
  namespace bus = entitysync::bus;
  const auto text = entitysync::fuzz::AsText(data, size);
  const std::string token = bus::EscapeToken(text);
  Require(bus::UnescapeToken(token) == std::string(text));
  const auto unescaped = bus::UnescapeToken(text);
  Require(!unescaped.has_value() || bus::EscapeToken(*unescaped) == text);
  Require(token.find_first_of(".*> \r\n") == std::string::npos);
  bus::Matches(text, token);
  bus::Matches(token, text);
  return 0;
}
