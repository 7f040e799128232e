#include "gateway/base/entity_key.h"

#include <absl/strings/str_cat.h>
#include <xxhash.h>

#include <cstring>

#include "gateway/base/limits.h"

namespace entitysync::base {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text` (not empty), or 0. Follows
// table 3-7 of the Unicode standard.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return tail(1, low, high) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return tail(1, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

// How many bytes at the start of `text` are surely ASCII, eight at a time.
size_t AsciiPrefix(std::string_view text) {
  size_t size = 0;
  for (uint64_t bytes = 0; size + sizeof(bytes) <= text.size(); size += sizeof(bytes)) {
    std::memcpy(&bytes, text.data() + size, sizeof(bytes));
    if ((bytes & 0x8080808080808080u) != 0) break;
  }
  return size;
}

absl::Status ValidatePart(absl::string_view name, std::string_view value, size_t max_bytes) {
  if (value.empty()) return absl::InvalidArgumentError(absl::StrCat(name, " is empty"));
  if (value.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has ", value.size(), " bytes, more than the limit of ", max_bytes));
  }
  if (value.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(name, " holds a NUL character"));
  }
  if (!IsValidUtf8(value)) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is not valid UTF-8"));
  }
  return absl::OkStatus();
}

}  // namespace

uint64_t StableHash(const EntityKey& key) {
  const uint64_t seed = XXH3_64bits(key.entity.data(), key.entity.size());
  return XXH3_64bits_withSeed(key.id.data(), key.id.size(), seed);
}

absl::Status ValidateEntityKey(std::string_view entity, std::string_view id) {
  absl::Status status = ValidatePart("entity", entity, limits::kMaxEntityBytes);
  return status.ok() ? ValidatePart("id", id, limits::kMaxIdBytes) : status;
}

bool IsValidUtf8(std::string_view text) {
  text.remove_prefix(AsciiPrefix(text));
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace entitysync::base
