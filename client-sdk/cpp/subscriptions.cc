#include "client-sdk/cpp/subscriptions.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

// NUL is not allowed in either.
std::string NameOf(const Key& key) { return key.entity + '\0' + key.id; }

std::string KeyBody(const Key& key) {
  return absl::StrCat("{\"entity\":", Quoted(key.entity), ",\"id\":", Quoted(key.id), "}");
}

// Whoever wants to see the state at once, where the gateway was told that nobody does, asks again.
bool IsDue(const Entry& entry) {
  if (entry.due != Due::kNo) return true;
  return entry.subscribed && entry.asked.silent &&
         entry.state()->status == EntityStatus::kLoading && entry.IsSnapshotWanted();
}

// What an entity is that the gateway does not watch for this reason.
EntityStatus StatusFor(const absl::Status& why) {
  const bool denied = absl::IsPermissionDenied(why) || absl::IsUnauthenticated(why);
  return denied ? EntityStatus::kDenied : EntityStatus::kError;
}

std::string ListOf(const std::vector<std::string>& bodies, size_t begin, size_t count) {
  return absl::StrCat("[", absl::StrJoin(std::span(bodies).subspan(begin, count), ","), "]");
}

}  // namespace

Subscriptions::Subscriptions(Loop& loop, Wire& wire, UserCalls& user)
    : loop_(loop), wire_(wire), user_(user) {}

std::shared_ptr<const EntityState> Subscriptions::Current(const Key& key) const {
  const EntryPtr entry = Find(key);
  return entry == nullptr ? std::make_shared<const EntityState>() : entry->state();
}

std::weak_ptr<Watcher> Subscriptions::Add(const Key& key, EntityListener listener,
                                          WatchOptions options) {
  // Nonsense would spoil the message for all others in it.
  if (!(options.max_rate > 0) || std::isinf(options.max_rate)) options.max_rate = 0;
  EntryPtr& entry = entries_[NameOf(key)];
  if (entry == nullptr) entry = std::make_shared<Entry>(key, ++numbers_, user_);
  auto watcher = std::make_shared<Watcher>();
  watcher->listener = std::move(listener);
  watcher->options = options;
  watcher->entry = entry;
  entry->Add(watcher);
  if (options.snapshot && entry->state()->status != EntityStatus::kLoading) {
    newcomers_.push_back(watcher);
  }
  Touch(entry);
  return watcher;
}

void Subscriptions::Remove(const std::weak_ptr<Watcher>& watcher) {
  const auto ended = watcher.lock();
  if (ended == nullptr || ended->ended) return;
  ended->ended = true;
  const EntryPtr entry = ended->entry.lock();
  if (entry == nullptr) return;
  entry->Remove(ended.get());
  Touch(entry);
}

void Subscriptions::OnOpened() {
  dirty_.clear();
  for (const auto& [name, entry] : entries_) {
    entry->due = Due::kResume;
    entry->dirty = true;
    dirty_.push_back(entry);
  }
  std::sort(dirty_.begin(), dirty_.end(),
            [](const EntryPtr& a, const EntryPtr& b) { return a->number() < b->number(); });
  Flush();
}

void Subscriptions::OnDown() {
  for (const auto& [name, entry] : entries_) entry->OnLost();
  crowded_out_.clear();
  // Those that nobody watches any more may not have been unsubscribed from yet.
  std::erase_if(dirty_, [](const EntryPtr& entry) { return !entry->IsWatched(); });
  absl::erase_if(entries_, [](const auto& entry) { return !entry.second->IsWatched(); });
}

void Subscriptions::RetryDenied() {
  std::vector<EntryPtr> denied;
  for (const auto& [name, entry] : entries_) {
    if (entry->state()->status == EntityStatus::kDenied && !entry->subscribed) {
      denied.push_back(entry);
    }
  }
  std::sort(denied.begin(), denied.end(),
            [](const EntryPtr& a, const EntryPtr& b) { return a->number() < b->number(); });
  for (const EntryPtr& entry : denied) Again(entry, Due::kResume);
}

void Subscriptions::OnWithdrawn(const Event& event) {
  for (const Key& key : event.keys) {
    const EntryPtr entry = Find(key);
    if (entry == nullptr || !entry->subscribed) continue;
    // A subscription that waits for its answer is a newer one: that was its predecessor's.
    entry->ref != 0 ? entry->Forget() : entry->Refuse(EntityStatus::kDenied, event.error);
  }
}

void Subscriptions::OnState(Event& event) {
  const EntryPtr entry = Find(event.key);
  // Else it was under way while the subscription ended.
  if (entry == nullptr || !entry->subscribed || entry->Take(event)) return;
  // With a subscription under way the full state is, too.
  if (entry->ref == 0) Again(entry, Due::kFull);
}

void Subscriptions::Flush() {
  if (wire_.IsOpen() && !wire_.IsClear()) return;  // Comes back when it is.
  std::vector<EntryPtr> gone, due, changed;
  for (const EntryPtr& entry : std::exchange(dirty_, {})) {
    entry->dirty = false;
    if (!entry->IsWatched()) {
      entries_.erase(NameOf(entry->key()));
      std::erase(crowded_out_, entry);
      if (entry->subscribed) gone.push_back(entry);
      entry->OnLost();
    } else if (IsDue(*entry)) {
      due.push_back(entry);
    } else if (entry->subscribed && entry->asked.max_rate != entry->WantedRate()) {
      changed.push_back(entry);
    }
  }
  if (!wire_.IsOpen()) return;
  Unsubscribe(gone);
  for (EntryPtr& entry : TakeRoom(gone.size())) due.push_back(std::move(entry));
  Subscribe(due);
  for (const EntryPtr& entry : changed) Update(*entry);
}

void Subscriptions::Clear() {
  // Taken away first: what the listeners hold may do anything to what is watched when it is
  // destroyed.
  const auto entries = std::exchange(entries_, {});
  const auto dirty = std::exchange(dirty_, {});
  const auto crowded_out = std::exchange(crowded_out_, {});
  const auto newcomers = std::exchange(newcomers_, {});
  for (const auto& [name, entry] : entries) entry->RemoveAll();
}

// Those that were crowded out, as many as there is room for now.
std::vector<Subscriptions::EntryPtr> Subscriptions::TakeRoom(size_t room) {
  const auto end =
      crowded_out_.begin() + static_cast<ptrdiff_t>(std::min(room, crowded_out_.size()));
  std::vector<EntryPtr> taken(crowded_out_.begin(), end);
  crowded_out_.erase(crowded_out_.begin(), end);
  return taken;
}

void Subscriptions::Again(const EntryPtr& entry, Due due) {
  entry->due = due;
  Touch(entry);
}

void Subscriptions::Touch(const EntryPtr& entry) {
  if (!std::exchange(entry->dirty, true)) dirty_.push_back(entry);
  if (!std::exchange(turn_ends_, true)) loop_.Post([this] { OnTurnEnded(); });
}

void Subscriptions::OnTurnEnded() {
  turn_ends_ = false;
  for (const auto& watcher : std::exchange(newcomers_, {})) {
    if (const EntryPtr entry = watcher->entry.lock()) entry->Tell(*watcher);
  }
  Flush();
}

void Subscriptions::Unsubscribe(const std::vector<EntryPtr>& entries) {
  std::vector<std::string> bodies;
  for (const EntryPtr& entry : entries) bodies.push_back(KeyBody(entry->key()));
  for (size_t begin = 0; begin < bodies.size();) {
    const size_t count = wire_.Packed(bodies, begin);
    // Answered, so that an error in answer to it is not one of nobody.
    wire_.Call("unsubscribe", ListOf(bodies, begin, count), [](Event&) {});
    begin += count;
  }
}

void Subscriptions::Subscribe(const std::vector<EntryPtr>& entries) {
  std::vector<EntryPtr> fit;
  std::vector<std::string> bodies;
  std::vector<std::pair<EntryPtr, absl::Status>> unfit;
  for (const EntryPtr& entry : entries) {
    std::string body = entry->Body();
    absl::Status why = Wire::UnfitText(entry->key().entity);
    if (why.ok()) why = Wire::UnfitText(entry->key().id);
    if (why.ok()) why = wire_.Unfit(body);
    if (!why.ok()) {
      unfit.emplace_back(entry, std::move(why));
      continue;
    }
    fit.push_back(entry);
    bodies.push_back(std::move(body));
  }
  for (size_t begin = 0; begin < bodies.size();) {
    const size_t count = wire_.Packed(bodies, begin);
    const auto first = fit.begin() + static_cast<ptrdiff_t>(begin);
    std::vector<EntryPtr> part(first, first + static_cast<ptrdiff_t>(count));
    auto number = std::make_shared<uint32_t>(0);
    *number =
        wire_.Call("subscribe", ListOf(bodies, begin, count),
                   [this, part, number](Event& event) { OnSubscribed(event, part, *number); });
    for (const EntryPtr& entry : part) entry->OnAsked(*number);
    begin += count;
  }
  // Last, because whoever is told may do anything.
  for (const auto& [entry, why] : unfit) entry->Refuse(EntityStatus::kError, why);
}

void Subscriptions::Update(Entry& entry) {
  entry.asked.max_rate = entry.WantedRate();
  char rate[32];
  const auto [end, error] = std::to_chars(std::begin(rate), std::end(rate), entry.asked.max_rate);
  std::string body = KeyBody(entry.key());
  body.pop_back();
  absl::StrAppend(&body, ",\"maxRate\":", absl::string_view(rate, end - rate), "}");
  // Answered for the same reason: it may cross with the withdrawal of the right to watch.
  wire_.Call("update", body, [](Event&) {});
}

void Subscriptions::OnSubscribed(const Event& event, const std::vector<EntryPtr>& entries,
                                 uint32_t ref) {
  for (size_t i = 0; i < entries.size(); ++i) {
    const EntryPtr& entry = entries[i];
    if (entry->ref != ref) continue;  // It was asked for again since, or is no longer.
    entry->ref = 0;
    absl::Status status;
    if (event.kind == EventKind::kError) {
      status = event.error;
    } else if (i < event.results.size()) {
      status = event.results[i];
    }
    if (status.ok()) continue;
    if (absl::IsResourceExhausted(status)) crowded_out_.push_back(entry);
    entry->Refuse(StatusFor(status), status);
  }
}

Subscriptions::EntryPtr Subscriptions::Find(const Key& key) const {
  const auto found = entries_.find(NameOf(key));
  return found == entries_.end() ? nullptr : found->second;
}

}  // namespace entitysync::client
