#pragma once

#include <absl/status/status.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace entitysync::client {

// Names an entity.
struct Key {
  std::string entity;  // The entity type.
  std::string id;      // The id within the type.

  bool operator==(const Key&) const = default;
};

// One row of an entity, as bytes that never change: the JSON text exactly as the application wrote
// it, or, for rows that are no JSON, whatever the application wrote. A row that came out of a patch
// is compact JSON, in which every value that the patch did not touch has its text of before (1.50
// stays 1.50, and numbers of any length stay whole). Cheap to copy: copies share the bytes.
class Row {
 public:
  explicit Row(std::string bytes) : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}

  const std::string& bytes() const { return *bytes_; }

  bool operator==(const Row& other) const {
    return bytes_ == other.bytes_ || *bytes_ == *other.bytes_;
  }

 private:
  std::shared_ptr<const std::string> bytes_;
};

enum class EntityStatus {
  kLoading,  // Not known yet.
  kLive,     // The rows are the present ones, as far as the gateway could be heard.
  kStale,    // The application cannot be asked at the moment; what is shown may be old.
  kRemoved,  // It does not exist (any more).
  kDenied,   // This viewer may not see it; `error` says why.
  kError,    // It cannot be watched; `error` says why.
};

// What is known of an entity.
struct EntityState {
  EntityStatus status = EntityStatus::kLoading;

  // In the application's order. None where none are known (kLoading, kRemoved, kDenied, kError, and
  // kStale where nothing was known before).
  std::optional<std::vector<Row>> rows{};

  // Names the state; opaque. Empty where there is none.
  std::string version{};

  // OK but in kDenied and kError.
  absl::Status error{};
};

// "loading", "live", ...
const char* NameOf(EntityStatus status);

}  // namespace entitysync::client
