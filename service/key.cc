#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <cstddef>
#include <string_view>

#include "entitysync/entity.h"
#include "service/utf8.h"

namespace entitysync {
namespace {

// The contract's limits (proto/entitysync/v1/types.proto).
constexpr size_t kMaxEntityBytes = 128;
constexpr size_t kMaxIdBytes = 512;

absl::Status ValidatePart(const char* name, std::string_view text, size_t max_bytes) {
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat("the ", name, " is empty"));
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " has ", text.size(),
                                                   " bytes; at most ", max_bytes, " are allowed"));
  }
  if (text.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " contains NUL"));
  }
  if (!service::IsValidUtf8(text)) {
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
