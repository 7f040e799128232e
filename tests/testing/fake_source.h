#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/fetch/entity_source.h"

namespace entitysync::testing {

// An application that answers when the test says so. Calls that were cancelled disappear.
class FakeSource final : public fetch::EntitySource {
 public:
  struct Call {
    fetch::FetchRequest request;
    fetch::FetchDone done;
  };

  std::unique_ptr<fetch::FetchCall> Fetch(fetch::FetchRequest request,
                                          fetch::FetchDone done) override {
    ++started_;
    auto call = std::make_shared<Call>(Call{std::move(request), std::move(done)});
    open_.push_back(call);
    most_open_ = std::max(most_open_, open_.size());
    return std::make_unique<Handle>(*this, call);
  }

  std::vector<std::unique_ptr<fetch::FetchCall>> FetchBatch(
      std::vector<fetch::FetchItem> items) override {
    batches_.push_back(items.size());
    return EntitySource::FetchBatch(std::move(items));
  }

  // Calls under way, oldest first; those of batches each by itself.
  size_t open() const { return open_.size(); }
  const fetch::FetchRequest& request(size_t i = 0) const { return open_[i]->request; }
  // All calls there ever were.
  size_t started() const { return started_; }
  // How many questions each batch had.
  const std::vector<size_t>& batches() const { return batches_; }
  // The most that were ever under way at once.
  size_t most_open() const { return most_open_; }

  // Ends a call under way.
  void Answer(fetch::FetchAnswer answer, size_t i = 0) {
    const std::shared_ptr<Call> call = open_[i];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
    call->done(std::move(answer));
  }
  void AnswerRows(base::Rows rows, std::optional<uint64_t> version = std::nullopt, size_t i = 0) {
    Answer({.status = absl::OkStatus(), .rows = std::move(rows), .version = version}, i);
  }
  void AnswerError(absl::StatusCode code, size_t i = 0) {
    Answer({.status = absl::Status(code, "as the test wants"), .rows = {}, .version = {}}, i);
  }

 private:
  struct Handle final : fetch::FetchCall {
    Handle(FakeSource& owner, std::shared_ptr<Call> of) : source(owner), call(std::move(of)) {}
    ~Handle() override { std::erase(source.open_, call); }
    FakeSource& source;
    std::shared_ptr<Call> call;
  };

  std::deque<std::shared_ptr<Call>> open_;
  size_t started_ = 0;
  std::vector<size_t> batches_;
  size_t most_open_ = 0;
};

}  // namespace entitysync::testing
