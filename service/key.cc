#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <cstddef>
#include <string_view>

#include "entitysync/entity.h"

namespace entitysync {
namespace {

// The contract's limits (proto/entitysync/v1/types.proto).
constexpr size_t kMaxEntityBytes = 128;
constexpr size_t kMaxIdBytes = 512;

// How many bytes the UTF-8 sequence at the start of `text` has; 0 if it is not one (RFC 3629: no
// surrogates, no overlong forms, nothing above U+10FFFF).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool out_of_range = (first == 0xE0 && byte(1) < 0xA0) ||
                            (first == 0xED && byte(1) > 0x9F) ||
                            (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return out_of_range ? 0 : length;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

absl::Status ValidatePart(const char* name, std::string_view text, size_t max_bytes) {
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat("the ", name, " is empty"));
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " has ", text.size(),
                                                   " bytes; at most ", max_bytes, " are allowed"));
  }
  if (text.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " contains NUL"));
  }
  if (!IsValidUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " is not valid UTF-8"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateKey(const EntityKey& key) {
  absl::Status status = ValidatePart("entity type", key.entity, kMaxEntityBytes);
  if (status.ok()) status = ValidatePart("id", key.id, kMaxIdBytes);
  return status;
}

}  // namespace entitysync
