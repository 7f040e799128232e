#include "gateway/changelog/batches.h"

#include <utility>

#include "gateway/base/limits.h"

namespace entitysync::changelog {
namespace {

// Room for everything in a message besides the ids: origin, type, numbers.
constexpr size_t kEnvelopeBytes = 1024;
// What a change takes besides its id: tags, lengths, a version.
constexpr size_t kPerChangeBytes = 24;
constexpr size_t kLimit = base::limits::kMaxBusMessageBytes - kEnvelopeBytes;

}  // namespace

void Batches::Add(std::vector<Change> changes) {
  Open* open = nullptr;
  const std::string* type = nullptr;
  for (Change& change : changes) {
    // Mostly the next change is of the same type.
    if (type == nullptr || *type != change.key.entity) {
      const auto [it, is_new] = open_.try_emplace(change.key.entity);
      open = &it->second;
      type = &it->first;
      if (is_new) {
        open->batch = batches_.size();
        batches_.emplace_back();
      }
    }
    Append(*open, std::move(change));
  }
}

void Batches::Append(Open& open, Change change) {
  const size_t bytes = change.key.id.size() + kPerChangeBytes;
  if (open.bytes + bytes > kLimit) {
    open = {.batch = batches_.size(), .bytes = 0};
    batches_.emplace_back();
  }
  open.bytes += bytes;
  batches_[open.batch].push_back(std::move(change));
}

std::vector<std::vector<Change>> Batches::Take() {
  open_.clear();
  return std::exchange(batches_, {});
}

}  // namespace entitysync::changelog
