#include "tests/simulation/producer.h"

#include <utility>

namespace entitysync::simulation {
namespace {

using std::chrono::milliseconds;

// How much later than its timeout an answer may come: delays of the model's own.
constexpr base::Duration kAnswerSlack = milliseconds(300);

}  // namespace

void Producer::Change() {
  Call call;
  for (size_t count = 1 + world_.random.Below(3); count > 0; --count) {
    call.mutations.push_back(application_.Mutate(world_.random.Below(application_.keys())));
  }
  changes_ += call.mutations.size();
  const CallId id = ++last_call_;
  calls_.emplace(id, std::move(call));
  world_.loop.After(world_.UpTo(milliseconds(20)), [this, id] { Attempt(id); });
}

void Producer::Attempt(CallId id) {
  Call& call = calls_.at(id);
  const uint64_t attempt = ++call.attempt;
  call.asked = directory_.Answering();
  if (call.asked == nullptr) return TryAgain(id);
  call.began = world_.Now();
  std::vector<changelog::Change> changes;
  for (const Application::Mutation& mutation : call.mutations) {
    changes.push_back({application_.KeyOf(mutation.key), mutation.version});
  }
  world_.Tell("application notifies ", changes.size(), " changes through ", call.asked->name(),
              " (call ", id, ")");
  // Some come by calls, some on streams.
  const changelog::PublishTerms terms{.timeout = kTimeout, .may_gather = id % 2 == 0};
  call.asked->Publish(std::move(changes), terms, [this, id, attempt](absl::Status status) {
    world_.loop.Post([this, id, attempt, status] { OnAnswer(id, attempt, status); });
  });
  world_.loop.After(kTimeout + kAnswerSlack, [this, id, attempt] { CheckAnswered(id, attempt); });
}

void Producer::OnAnswer(CallId id, uint64_t attempt, const absl::Status& status) {
  const auto it = calls_.find(id);
  if (it == calls_.end() || it->second.attempt != attempt || it->second.asked == nullptr) return;
  world_.Tell("call ", id, " is answered ", absl::StatusCodeToString(status.code()));
  if (!status.ok()) return TryAgain(id);
  CheckTaken(it->second);
  for (const Application::Mutation& mutation : it->second.mutations) {
    Notified& notified = notified_[mutation.key];
    if (mutation.serial >= notified.serial) notified = {mutation.serial, it->second.began};
  }
  calls_.erase(it);
}

void Producer::CheckTaken(const Call& call) {
  for (const Application::Mutation& mutation : call.mutations) {
    const base::TimePoint taken =
        bus_.TakenAt(absl::StrCat("r", call.asked->index()), call.asked->epoch(),
                     application_.KeyOf(mutation.key));
    if (taken >= call.began) continue;
    world_.Broken(Promise::kHonestOk,
                  "OK, but the bus has no change of " + application_.NameOf(mutation.key));
  }
}

void Producer::CheckAnswered(CallId id, uint64_t attempt) {
  const auto it = calls_.find(id);
  if (it == calls_.end() || it->second.attempt != attempt || it->second.asked == nullptr) return;
  if (it->second.asked->WasFrozenSince(it->second.began)) {
    world_.loop.After(kTimeout, [this, id, attempt] { CheckAnswered(id, attempt); });
    return;
  }
  world_.Broken(Promise::kHonestOk, absl::StrCat("call ", id, " was not answered in time"));
}

void Producer::OnGone(const Replica& replica) {
  for (auto& [id, call] : calls_) {
    if (call.asked.get() == &replica) TryAgain(id);
  }
}

void Producer::TryAgain(CallId id) {
  calls_.at(id).asked.reset();
  world_.loop.After(world_.random.Between(milliseconds(50), milliseconds(500)),
                    [this, id] { Attempt(id); });
}

bool Producer::NotifiedSince(KeyIndex key, uint64_t serial, base::TimePoint time) const {
  const auto it = notified_.find(key);
  return it != notified_.end() && it->second.serial == serial && it->second.began > time;
}

}  // namespace entitysync::simulation
