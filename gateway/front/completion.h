#pragma once

#include <absl/status/status.h>

#include <optional>
#include <utility>

namespace entitysync::front {

// The publisher's hold on something that waits for its answer: calls `answer` once, with the status
// that it is called with, or with UNAVAILABLE if it is destroyed before.
template <typename Answer>
class Completion {
 public:
  explicit Completion(Answer answer) : answer_(std::move(answer)) {}
  Completion(Completion&& other) noexcept : answer_(std::exchange(other.answer_, std::nullopt)) {}
  Completion& operator=(Completion&&) = delete;

  ~Completion() {
    if (answer_) {
      (*this)(absl::UnavailableError(
          "the gateway gave the changes up; perhaps they were heard: retry"));
    }
  }

  void operator()(const absl::Status& status) {
    if (std::optional<Answer> answer = std::exchange(answer_, std::nullopt)) (*answer)(status);
  }

 private:
  std::optional<Answer> answer_;
};

}  // namespace entitysync::front
