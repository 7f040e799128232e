#include "gateway/hub/kept_states.h"

#include <utility>

namespace entitysync::hub {
namespace {

// How late a state may go; it is not given out late.
constexpr base::Duration kTick = std::chrono::milliseconds(100);

// What a state takes besides its texts: the entry, the state, shared counts, a place in each of the
// two tables at their worst filling, the allocator's rounding. Measured on x86-64, rounded up.
constexpr size_t kOverheadBytes = 704;

size_t BytesOf(const base::EntityKey& key, const std::string& secret, const State& state) {
  size_t frames = 0;
  if (state.classic != nullptr) {
    frames = state.classic->capacity() + state.deflated.BytesBeside(state.classic);
  }
  return kOverheadBytes + key.entity.capacity() + key.id.capacity() + secret.capacity() + frames;
}

}  // namespace

class KeptStates::Entry final : public base::ListHook<KeptStates>, public base::WheelNode {
 public:
  Entry(KeptStates& owner, base::KeyPtr key_of, fetch::Secret secret_of, Kept kept_of,
        base::TimePoint until_of)
      : key(std::move(key_of)),
        secret(std::move(secret_of)),
        kept(std::move(kept_of)),
        until(until_of),
        bytes(BytesOf(*key, *secret, *kept.state)),
        owner_(owner) {
    owner_.Account(1, static_cast<int64_t>(bytes));
  }
  ~Entry() override { owner_.Account(-1, -static_cast<int64_t>(bytes)); }

  const base::KeyPtr key;
  const fetch::Secret secret;
  Kept kept;
  const base::TimePoint until;
  const size_t bytes;

 private:
  void OnDeadline() override { owner_.Erase(*this); }

  KeptStates& owner_;
};

KeptStates::KeptStates(base::Executor& executor, size_t max_bytes, metrics::HubMetrics& metrics)
    : executor_(executor), max_bytes_(max_bytes), metrics_(metrics), wheel_(executor, kTick) {}

KeptStates::~KeptStates() { DropAll(); }

void KeptStates::Put(const base::KeyPtr& key, const fetch::Secret& secret, Kept kept,
                     base::Duration keep) {
  if (keep <= base::Duration(0)) return;
  auto entry = std::make_unique<Entry>(*this, key, secret, std::move(kept), executor_.Now() + keep);
  Entry& added = *entry;
  Scopes& scopes = keys_[key];
  // Replaces nothing: what was kept was taken out when the pair was watched.
  scopes.emplace(absl::string_view(*added.secret), std::move(entry));
  by_age_.PushBack(added);
  wheel_.Set(added, keep);
  while (bytes_ > max_bytes_) Erase(by_age_.front());
}

std::optional<KeptStates::Kept> KeptStates::Take(const base::EntityKey& key,
                                                 const std::string& secret) {
  const auto scopes = keys_.find(key);
  if (scopes == keys_.end()) return std::nullopt;
  const auto found = scopes->second.find(secret);
  if (found == scopes->second.end()) return std::nullopt;
  Entry& entry = *found->second;
  const bool is_good = executor_.Now() < entry.until;
  std::optional<Kept> kept;
  if (is_good) kept = std::move(entry.kept);
  if (is_good) kept->until = entry.until;
  Erase(entry);
  if (is_good) metrics_.kept_hits.Increment();
  return kept;
}

void KeptStates::Drop(const base::EntityKey& key) {
  if (size_ > 0) keys_.erase(key);
}

void KeptStates::DropAll() { keys_.clear(); }

void KeptStates::Erase(Entry& entry) {
  const base::KeyPtr key = entry.key;
  const auto scopes = keys_.find(key);
  // The view that names the entry in the table points into what goes with it.
  const auto node = scopes->second.extract(absl::string_view(*entry.secret));
  if (scopes->second.empty()) keys_.erase(scopes);
}

void KeptStates::Account(int entries, int64_t bytes) {
  size_ += static_cast<size_t>(entries);
  bytes_ += static_cast<size_t>(bytes);
  metrics_.kept_states.Increment(entries);
  metrics_.kept_bytes.Increment(static_cast<double>(bytes));
}

}  // namespace entitysync::hub
