#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/fetch/entity_source.h"

namespace entitysync::testing {

// An application that answers when the test says so, question by question; a call is answered when
// its last question is. Questions that were cancelled disappear.
class FakeSource final : public fetch::EntitySource {
 public:
  struct Question {
    base::EntityKey key;
    std::string secret;
    fetch::FetchReason reason;
    uint64_t min_version;
  };

  std::unique_ptr<fetch::FetchCall> Fetch(std::span<const fetch::FetchRequest> requests,
                                          fetch::FetchDone done) override {
    auto call = std::make_shared<Call>();
    call->done = std::move(done);
    call->answers.resize(requests.size());
    call->open = requests.size();
    for (size_t i = 0; i < requests.size(); ++i) {
      const fetch::FetchRequest& request = requests[i];
      open_.push_back(
          {call, i, {request.key, request.secret, request.reason, request.min_version}});
    }
    if (requests.size() > 1) batches_.push_back(requests.size());
    started_ += requests.size();
    most_open_ = std::max(most_open_, open_.size());
    return std::make_unique<Handle>(*this, std::move(call));
  }

  size_t MaxItems() const override { return max_items; }
  size_t max_items = 1000;

  // Questions under way, oldest first.
  size_t open() const { return open_.size(); }
  const Question& request(size_t i = 0) const { return open_[i].question; }
  // All questions there ever were.
  size_t started() const { return started_; }
  // How many questions each call had that had several.
  const std::vector<size_t>& batches() const { return batches_; }
  // The most questions that were ever under way at once.
  size_t most_open() const { return most_open_; }

  // Answers a question under way.
  void Answer(fetch::FetchAnswer answer, size_t i = 0) {
    const Open question = open_[i];
    question.call->answers[question.index] = std::move(answer);
    Close(question);
  }
  void AnswerRows(base::Rows rows, std::optional<uint64_t> version = std::nullopt, size_t i = 0) {
    Answer({.status = absl::OkStatus(), .rows = std::move(rows), .version = version}, i);
  }
  void AnswerError(absl::StatusCode code, size_t i = 0) {
    Answer({.status = absl::Status(code, "as the test wants"), .rows = {}, .version = {}}, i);
  }

  // Ends the oldest call, of several questions, without an answer: they are to be asked one by one.
  void Decline() {
    const std::shared_ptr<Call> call = open_.front().call;
    std::erase_if(open_, [&](const Open& question) { return question.call == call; });
    call->done({});
  }

 private:
  struct Call {
    fetch::FetchDone done;
    fetch::FetchAnswers answers;
    size_t open = 0;  // Questions that are neither answered nor dropped.
  };
  struct Open {
    std::shared_ptr<Call> call;
    size_t index;
    Question question;
  };
  struct Handle final : fetch::FetchCall {
    Handle(FakeSource& owner, std::shared_ptr<Call> of) : source(owner), call(std::move(of)) {}
    ~Handle() override {
      std::erase_if(source.open_, [&](const Open& question) { return question.call == call; });
    }
    void Drop(size_t index) override {
      const auto dropped = std::find_if(
          source.open_.begin(), source.open_.end(),
          [&](const Open& question) { return question.call == call && question.index == index; });
      if (dropped != source.open_.end()) source.Close(Open(*dropped));
    }
    FakeSource& source;
    std::shared_ptr<Call> call;
  };

  void Close(const Open& closed) {
    std::erase_if(open_, [&](const Open& question) {
      return question.call == closed.call && question.index == closed.index;
    });
    if (--closed.call->open == 0) closed.call->done(std::move(closed.call->answers));
  }

  std::deque<Open> open_;
  size_t started_ = 0;
  std::vector<size_t> batches_;
  size_t most_open_ = 0;
};

}  // namespace entitysync::testing
