#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/changelog/change_publisher.h"
#include "tests/testing/grpc_application.h"

namespace entitysync::testing {

// A ChangePublisher that remembers what it was given and answers as the test says: at once with a
// status (OK until told otherwise), or, while held, when the test calls an answer itself. Any
// thread.
class FakePublisher final : public changelog::ChangePublisher {
 public:
  struct Call {
    std::vector<changelog::Change> changes;
    changelog::PublishTerms terms;
    changelog::PublishDone done;  // Null if it was answered at once.
  };

  void Publish(std::vector<changelog::Change> changes, changelog::PublishTerms terms,
               changelog::PublishDone done) override {
    absl::Status answer;
    {
      const std::lock_guard lock(mutex_);
      answer = answer_;
      calls_.push_back(
          {std::move(changes), terms, held_ ? std::move(done) : changelog::PublishDone()});
      if (held_) done = nullptr;
    }
    changed_.notify_all();
    if (done) done(answer);
  }

  void AnswerWith(absl::Status status) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(status);
  }

  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }

  // The oldest call not taken yet; nothing if it does not come in kTestPatience.
  std::optional<Call> Take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kTestPatience, [this] { return !calls_.empty(); })) {
      return std::nullopt;
    }
    Call call = std::move(calls_.front());
    calls_.erase(calls_.begin());
    return call;
  }

  bool empty() {
    const std::lock_guard lock(mutex_);
    return calls_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call> calls_;
  absl::Status answer_;
  bool held_ = false;
};

}  // namespace entitysync::testing
