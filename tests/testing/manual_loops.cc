#include "tests/testing/manual_loops.h"

#include <algorithm>
#include <cassert>

namespace entitysync::testing {

class ManualLoops::Loop final : public base::Executor {
 public:
  explicit Loop(ManualLoops& owner) : owner_(owner) {}
  ~Loop() override {
    // What dies with a task may still cancel timers.
    const auto timers = std::exchange(timers_, {});
    const auto senders = std::exchange(senders_, {});
    const auto turn_end = std::exchange(turn_end_, {});
  }

  void Post(base::Task task) override {
    ++waiting_;
    QueueOf(owner_.order_ == Order::kAnyLegal ? owner_.current_ : nullptr)
        .push_back({owner_.now_, std::move(task)});
  }
  bool IsCurrent() const override { return owner_.current_ == this; }
  base::TimePoint Now() const override { return owner_.now_; }
  base::TimerId After(base::Duration delay, base::Task task) override {
    const base::TimerId id = ++owner_.last_timer_;
    const base::TimePoint due = owner_.now_ + std::max(delay, base::Duration(0));
    timers_.emplace(std::make_pair(due, id), std::move(task));
    timer_times_.emplace(id, due);
    return id;
  }
  void Cancel(base::TimerId timer) override {
    const auto it = timer_times_.find(timer);
    if (it == timer_times_.end()) return;
    timers_.erase({it->second, timer});
    timer_times_.erase(it);
  }
  void AtTurnEnd(base::Task task) override { turn_end_.push_back(std::move(task)); }

  void Freeze(base::Duration span) { frozen_until_ = std::max(frozen_until_, owner_.now_ + span); }

  // When there is something to run; TimePoint::max() if never.
  base::TimePoint NextReady() const {
    base::TimePoint next = base::TimePoint::max();
    if (!timers_.empty()) next = timers_.begin()->first.first;
    if (waiting_ > 0 || !turn_end_.empty()) next = std::min(next, owner_.now_);
    return next == base::TimePoint::max() ? next : std::max(next, frozen_until_);
  }

  void RunTurn() {
    RunTimers();
    RunPosted();
    for (size_t i = 0; i < turn_end_.size(); ++i) {
      base::Task task = std::move(turn_end_[i]);
      task();
    }
    turn_end_.clear();
  }

 private:
  struct Posted {
    base::TimePoint time;
    base::Task task;
  };
  // What one loop posted, in order.
  struct Sender {
    const Loop* from;
    std::deque<Posted> tasks;
  };

  std::deque<Posted>& QueueOf(const Loop* from) {
    const auto it = std::find_if(senders_.begin(), senders_.end(),
                                 [&](const auto& sender) { return sender->from == from; });
    if (it != senders_.end()) return (*it)->tasks;
    senders_.push_back(std::make_unique<Sender>(Sender{from, {}}));
    return senders_.back()->tasks;
  }

  void RunTimers() {
    while (!timers_.empty() && timers_.begin()->first.first <= owner_.now_) {
      auto node = timers_.extract(timers_.begin());
      timer_times_.erase(node.key().second);
      node.mapped()();
    }
  }

  void RunPosted() {
    size_t left = waiting_;
    const bool any_legal = owner_.order_ == Order::kAnyLegal;
    if (any_legal && left > 1 && owner_.random_.Below(2) == 0)
      left = 1 + owner_.random_.Below(left);
    for (; left > 0; --left) {
      const size_t start = any_legal ? owner_.random_.Below(senders_.size()) : 0;
      base::Task task = TakeFrom(start);
      task();
    }
    // A sender that has nothing under way has no order to keep.
    std::erase_if(senders_, [](const auto& sender) { return sender->tasks.empty(); });
  }

  // The oldest task; of several that were posted at the same time, that of the first sender from
  // `start` on.
  base::Task TakeFrom(size_t start) {
    Sender* oldest = nullptr;
    for (size_t i = 0; i < senders_.size(); ++i) {
      Sender& sender = *senders_[(start + i) % senders_.size()];
      if (sender.tasks.empty()) continue;
      if (oldest == nullptr || sender.tasks.front().time < oldest->tasks.front().time) {
        oldest = &sender;
      }
    }
    base::Task task = std::move(oldest->tasks.front().task);
    oldest->tasks.pop_front();
    --waiting_;
    return task;
  }

  ManualLoops& owner_;
  std::vector<std::unique_ptr<Sender>> senders_;
  size_t waiting_ = 0;  // Tasks in senders_.
  std::vector<base::Task> turn_end_;
  std::map<std::pair<base::TimePoint, base::TimerId>, base::Task> timers_;
  absl::flat_hash_map<base::TimerId, base::TimePoint> timer_times_;
  base::TimePoint frozen_until_{};
};

ManualLoops::ManualLoops(uint64_t seed, Order order) : random_(seed), order_(order) {}

ManualLoops::~ManualLoops() = default;

base::Executor& ManualLoops::Add() {
  loops_.push_back(std::make_unique<Loop>(*this));
  return *loops_.back();
}

void ManualLoops::Remove(base::Executor& loop) {
  assert(!loop.IsCurrent());
  std::erase_if(loops_, [&](const auto& each) { return each.get() == &loop; });
}

void ManualLoops::Freeze(base::Executor& loop, base::Duration span) {
  static_cast<Loop&>(loop).Freeze(span);
}

void ManualLoops::RunReady() {
  for (int turns = 0; RunOne(); ++turns) assert(turns < 10'000'000 && "loops never come to rest");
}

void ManualLoops::Advance(base::Duration by) {
  const base::TimePoint end = now_ + by;
  RunReady();
  for (base::TimePoint next = NextReady(); next <= end; next = NextReady()) {
    now_ = std::max(now_, next);
    RunReady();
  }
  now_ = end;
}

base::TimePoint ManualLoops::NextReady() const {
  base::TimePoint next = base::TimePoint::max();
  for (const auto& loop : loops_) next = std::min(next, loop->NextReady());
  return next;
}

bool ManualLoops::RunOne() {
  ready_.clear();
  for (const auto& loop : loops_) {
    if (loop->NextReady() <= now_) ready_.push_back(loop.get());
  }
  if (ready_.empty()) return false;
  Loop* loop = ready_[random_.Below(ready_.size())];
  current_ = loop;
  loop->RunTurn();
  current_ = nullptr;
  return true;
}

}  // namespace entitysync::testing
