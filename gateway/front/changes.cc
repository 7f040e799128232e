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

namespace entitysync::front {
namespace {

namespace limits = base::limits;

// Ten faults with excerpts of this size fit in a status message.
constexpr size_t kEntityExcerptBytes = 30;
constexpr size_t kIdExcerptBytes = 50;

std::string DescribeFault(size_t index, const ChangeView& change, const absl::Status& fault) {
  return absl::StrCat("changes[", index, "] {\"",
                      base::Printable(change.entity, kEntityExcerptBytes), "\", \"",
                      base::Printable(change.id, kIdExcerptBytes), "\"}: ", fault.message());
}

absl::Status CheckKeys(std::span<const ChangeView> request) {
  size_t faults = 0;
  std::string named;
  for (size_t i = 0; i < request.size(); ++i) {
    const absl::Status fault = base::ValidateEntityKey(request[i].entity, request[i].id);
    if (fault.ok()) continue;
    if (++faults > limits::kMaxFaultsNamed) continue;
    absl::StrAppend(&named, faults == 1 ? "" : "; ", DescribeFault(i, request[i], fault));
  }
  if (faults == 0) return absl::OkStatus();
  std::string message = absl::StrCat(faults, " of ", request.size(),
                                     " changes cannot be taken, so none was: ", named);
  if (faults > limits::kMaxFaultsNamed) {
    absl::StrAppend(&message, "; and ", faults - limits::kMaxFaultsNamed, " more");
  }
  return absl::InvalidArgumentError(message.substr(0, limits::kMaxStatusMessageBytes));
}

absl::Status CheckTypes(std::span<const ChangeView> request, const ServesEntity& serves) {
  absl::flat_hash_set<std::string_view> seen;
  std::string_view last;
  size_t unknown = 0;
  std::string named;
  for (const ChangeView& change : request) {
    // Mostly a request is about one type.
    if (change.entity == last) continue;
    last = change.entity;
    if (serves(last) || !seen.insert(last).second) continue;
    if (++unknown > limits::kMaxFaultsNamed) continue;
    absl::StrAppend(&named, unknown == 1 ? "" : ", ", "\"",
                    base::Printable(last, limits::kMaxEntityBytes), "\"");
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

changelog::Change ToChange(const ChangeView& change) {
  return {{std::string(change.entity), std::string(change.id)}, change.version};
}

std::vector<changelog::Change> Merge(std::span<const ChangeView> request) {
  std::vector<changelog::Change> changes;
  changes.reserve(request.size());
  absl::flat_hash_map<MergeKey, size_t> places;
  places.reserve(request.size());
  for (const ChangeView& change : request) {
    const MergeKey key{change.entity, change.id, change.version.has_value()};
    const auto [place, is_new] = places.try_emplace(key, changes.size());
    if (is_new) {
      changes.push_back(ToChange(change));
    } else {
      std::optional<uint64_t>& merged = changes[place->second].version;
      merged = std::max(merged, change.version);
    }
  }
  return changes;
}

}  // namespace

absl::StatusOr<std::vector<changelog::Change>> TakeChanges(std::span<const ChangeView> request,
                                                           const ServesEntity& serves) {
  if (absl::Status status = CheckKeys(request); !status.ok()) return status;
  if (absl::Status status = CheckTypes(request, serves); !status.ok()) return status;
  if (request.size() > 1) return Merge(request);
  std::vector<changelog::Change> changes;
  for (const ChangeView& change : request) changes.push_back(ToChange(change));
  return changes;
}

}  // namespace entitysync::front
