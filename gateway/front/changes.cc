#include "gateway/front/changes.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/limits.h"
#include "gateway/base/printable.h"
#include "gateway/front/decode.h"

namespace entitysync::front {
namespace {

namespace limits = base::limits;

// Ten faults with excerpts of this size fit in a status message.
constexpr size_t kEntityExcerptBytes = 30;
constexpr size_t kIdExcerptBytes = 50;

std::optional<uint64_t> VersionOf(const v1::Change& change) {
  if (!change.has_version()) return std::nullopt;
  return change.version();
}

std::string DescribeFault(int index, const v1::EntityKey& key, const absl::Status& fault) {
  return absl::StrCat("changes[", index, "] {\"",
                      base::Printable(key.entity(), kEntityExcerptBytes), "\", \"",
                      base::Printable(key.id(), kIdExcerptBytes), "\"}: ", fault.message());
}

absl::Status CheckKeys(const v1::NotifyChangeRequest& request) {
  size_t faults = 0;
  std::string named;
  for (int i = 0; i < request.changes_size(); ++i) {
    const v1::EntityKey& key = request.changes(i).key();
    const absl::Status fault = base::ValidateEntityKey(key.entity(), key.id());
    if (fault.ok()) continue;
    if (++faults > limits::kMaxFaultsNamed) continue;
    absl::StrAppend(&named, faults == 1 ? "" : "; ", DescribeFault(i, key, fault));
  }
  if (faults == 0) return absl::OkStatus();
  std::string message = absl::StrCat(faults, " of ", request.changes_size(),
                                     " changes cannot be taken, so none was: ", named);
  if (faults > limits::kMaxFaultsNamed) {
    absl::StrAppend(&message, "; and ", faults - limits::kMaxFaultsNamed, " more");
  }
  return absl::InvalidArgumentError(message.substr(0, limits::kMaxStatusMessageBytes));
}

absl::Status CheckTypes(const v1::NotifyChangeRequest& request, const ServesEntity& serves) {
  absl::flat_hash_set<std::string_view> seen;
  size_t unknown = 0;
  std::string named;
  for (const v1::Change& change : request.changes()) {
    const std::string& entity = change.key().entity();
    if (!seen.insert(entity).second || serves(entity)) continue;
    if (++unknown > limits::kMaxFaultsNamed) continue;
    absl::StrAppend(&named, unknown == 1 ? "" : ", ", "\"",
                    base::Printable(entity, limits::kMaxEntityBytes), "\"");
  }
  if (unknown == 0) return absl::OkStatus();
  std::string message = absl::StrCat("no target is configured for entity type ", named);
  if (unknown > limits::kMaxFaultsNamed) {
    absl::StrAppend(&message, " and ", unknown - limits::kMaxFaultsNamed, " more");
  }
  absl::StrAppend(&message, ": add one to the gateway's configuration or correct the call");
  return absl::NotFoundError(message);
}

// What may be merged: the changes of one key that have a version, and those that have none. One
// without says that it must be fetched in any case, one with says what the answer must reach;
// neither stands for the other.
struct MergeKey {
  std::string_view entity;
  std::string_view id;
  bool has_version;

  friend bool operator==(const MergeKey&, const MergeKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const MergeKey& key) {
    return H::combine(std::move(state), absl::string_view(key.entity.data(), key.entity.size()),
                      absl::string_view(key.id.data(), key.id.size()), key.has_version);
  }
};

}  // namespace

absl::StatusOr<std::vector<changelog::Change>> TakeChanges(const v1::NotifyChangeRequest& request,
                                                           size_t max_changes,
                                                           const ServesEntity& serves) {
  const auto count = static_cast<size_t>(request.changes_size());
  if (absl::Status status = CheckCount(count, max_changes); !status.ok()) return status;
  if (absl::Status status = CheckKeys(request); !status.ok()) return status;
  if (absl::Status status = CheckTypes(request, serves); !status.ok()) return status;

  std::vector<changelog::Change> changes;
  changes.reserve(count);
  absl::flat_hash_map<MergeKey, size_t> places;
  if (count > 1) places.reserve(count);
  for (const v1::Change& change : request.changes()) {
    const v1::EntityKey& key = change.key();
    if (count > 1) {
      const MergeKey merge_key{key.entity(), key.id(), change.has_version()};
      const auto [place, is_new] = places.try_emplace(merge_key, changes.size());
      if (!is_new) {
        std::optional<uint64_t>& merged = changes[place->second].version;
        merged = std::max(merged, VersionOf(change));
        continue;
      }
    }
    changes.push_back({{key.entity(), key.id()}, VersionOf(change)});
  }
  return changes;
}

}  // namespace entitysync::front
