#include "client-sdk/cpp/entry.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "client-sdk/cpp/json_patch.h"
#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

// The list of the rows as a tree; null if not all of them are JSON.
JsonPtr TreeOf(const std::vector<Row>& rows) {
  std::vector<JsonPtr> trees;
  trees.reserve(rows.size());
  for (const Row& row : rows) {
    JsonPtr tree = ParseJson(row.bytes());
    if (tree == nullptr) return nullptr;
    trees.push_back(std::move(tree));
  }
  return std::make_shared<Json>(Json{std::move(trees)});
}

// The rows of a new tree. Those whose nodes the old one has, too, are the old rows.
std::vector<Row> RowsOf(const std::vector<JsonPtr>& trees, const std::vector<JsonPtr>& old_trees,
                        const std::vector<Row>& old_rows) {
  absl::flat_hash_map<const Json*, size_t> places;
  places.reserve(old_trees.size());
  for (size_t i = 0; i < old_trees.size(); ++i) places.emplace(old_trees[i].get(), i);
  std::vector<Row> rows;
  rows.reserve(trees.size());
  for (const JsonPtr& tree : trees) {
    const auto place = places.find(tree.get());
    rows.push_back(place == places.end() ? Row(TextOf(*tree)) : old_rows[place->second]);
  }
  return rows;
}

// The shortest text that means this number.
std::string NumberText(double number) {
  char text[32];
  const auto [end, error] = std::to_chars(std::begin(text), std::end(text), number);
  return {text, end};
}

}  // namespace

Entry::Entry(Key key, uint64_t number, UserCalls& user)
    : key_(std::move(key)),
      number_(number),
      user_(user),
      state_(std::make_shared<const EntityState>()) {}

void Entry::Remove(const Watcher* watcher) {
  std::erase_if(watchers_, [&](const auto& other) { return other.get() == watcher; });
}

void Entry::RemoveAll() {
  const auto removed = std::exchange(watchers_, {});
  for (const auto& watcher : removed) watcher->ended = true;
}

double Entry::WantedRate() const {
  double highest = 0;
  for (const auto& watcher : watchers_) {
    if (watcher->options.max_rate == 0) return 0;
    highest = std::max(highest, watcher->options.max_rate);
  }
  return highest;
}

bool Entry::IsSnapshotWanted() const {
  return std::any_of(watchers_.begin(), watchers_.end(),
                     [](const auto& watcher) { return watcher->options.snapshot; });
}

std::string Entry::Body() const {
  std::string body = absl::StrCat("{\"entity\":", Quoted(key_.entity), ",\"id\":", Quoted(key_.id));
  if (due != Due::kFull && !version_.empty()) {
    absl::StrAppend(&body, ",\"known\":", Quoted(version_));
  }
  // After the first time a change may have been missed: then the state is wanted in any case.
  if (!IsSnapshotWanted() && !ever_asked_) body += ",\"snapshot\":false";
  body += ",\"patches\":true";
  const double rate = WantedRate();
  if (rate > 0) absl::StrAppend(&body, ",\"maxRate\":", NumberText(rate));
  return body + '}';
}

void Entry::OnAsked(uint32_t number) {
  subscribed = true;
  asked = {WantedRate(), !IsSnapshotWanted() && !ever_asked_};
  ref = number;
  due = Due::kNo;
  ever_asked_ = true;
}

void Entry::OnLost() {
  subscribed = false;
  ref = 0;
}

bool Entry::Take(Event& event) {
  if (event.kind == EventKind::kStale) {
    Show(EntityStatus::kStale);
    return true;
  }
  if (event.kind == EventKind::kUnchanged && version_ != event.version) return false;
  if (event.kind == EventKind::kPatch && !Patch(event)) return false;
  if (event.kind == EventKind::kRemoved) {
    changed_ |= rows_.has_value();
    rows_.reset();
    tree_.reset();
  } else if (event.kind == EventKind::kState && (version_ != event.version || !rows_)) {
    TakeRows(std::move(event.rows));
    tree_.reset();
  }
  changed_ |= version_ != event.version;
  version_ = event.version;
  Show(rows_ ? EntityStatus::kLive : EntityStatus::kRemoved);
  return true;
}

void Entry::Refuse(EntityStatus status, const absl::Status& why) {
  OnLost();
  due = Due::kNo;
  // Where the right to see it is what lacks, what was seen is forgotten.
  Drop();
  Show(status, why);
}

void Entry::Forget() {
  if (version_.empty()) return;
  Drop();
  Show(EntityStatus::kLoading);
}

void Entry::Drop() {
  changed_ |= rows_.has_value() || !version_.empty();
  rows_.reset();
  tree_.reset();
  version_.clear();
}

bool Entry::Patch(const Event& event) {
  if (!rows_ || version_ != event.base) return false;
  if (tree_ == nullptr) tree_ = TreeOf(*rows_);
  if (tree_ == nullptr) return false;
  const absl::StatusOr<JsonPtr> patched = ApplyPatch(tree_, *event.patch);
  if (!patched.ok() || (*patched)->list() == nullptr) return false;
  TakeRows(RowsOf(*(*patched)->list(), *tree_->list(), *rows_));
  tree_ = *patched;
  return true;
}

void Entry::TakeRows(std::vector<Row> rows) {
  rows_ = std::move(rows);
  changed_ = true;
}

void Entry::Show(EntityStatus status, absl::Status error) {
  const bool same = !changed_ && state_->status == status && state_->error.code() == error.code();
  changed_ = false;
  if (same) return;
  state_ =
      std::make_shared<const EntityState>(EntityState{status, rows_, version_, std::move(error)});
  const auto watchers = watchers_;
  for (const auto& watcher : watchers) Tell(*watcher);
}

void Entry::Tell(Watcher& watcher) {
  // A state that was told while this one was on its way is newer.
  if (watcher.ended || watcher.told == state_) return;
  const std::shared_ptr<const EntityState> state = watcher.told = state_;
  user_.Call("a listener", [&] { watcher.listener(*state); });
}

}  // namespace entitysync::client
