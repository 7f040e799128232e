#include "client-sdk/cpp/wire.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "client-sdk/cpp/absl_text.h"
#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

// What is not between the brackets of a message's list, generously.
constexpr size_t kEnvelopeBytes = 64;

// So many bytes count as one message more.
constexpr size_t kBytesPerMessage = 4 * 1024;

constexpr Duration kBurst = std::chrono::seconds(1);

absl::Status NoUnicode() { return absl::InvalidArgumentError("a text is not well-formed Unicode"); }

}  // namespace

Wire::Wire(Loop& loop, std::function<void(std::string)> send, std::function<void()> cleared)
    : loop_(loop), send_(std::move(send)), cleared_(std::move(cleared)) {}

void Wire::OnOpened(const Welcome& welcome) {
  open_ = true;
  limits_ = welcome;
  const double rate = welcome.messages_per_second;
  interval_ = rate > 0 ? std::chrono::duration_cast<Duration>(
                             std::chrono::duration<double>(1 / std::max(rate, 0.001)))
                       : Duration(0);
  // Full from the start: after a reconnect everything is said at once.
  earned_at_ = loop_.Now();
}

void Wire::OnDown() {
  open_ = false;
  // Answers may hold the last copy of a token function, and that anything.
  const auto answers = std::exchange(answers_, {});
  waiting_.clear();
  timer_.reset();
}

uint32_t Wire::Call(std::string_view action, std::string_view body, Answered answered,
                    std::function<void()> written) {
  ref_ = ref_ == std::numeric_limits<uint32_t>::max() ? 1 : ref_ + 1;
  if (!open_) return ref_;
  if (answered) answers_[ref_] = std::move(answered);
  std::string text = absl::StrCat("{\"action\":\"", Absl(action), "\",\"ref\":", ref_);
  if (!body.empty()) absl::StrAppend(&text, ",\"body\":", Absl(body));
  waiting_.push_back({text + '}', std::move(written)});
  if (waiting_.size() == 1) Pump();
  return ref_;
}

absl::Status Wire::Unfit(std::string_view body) const {
  if (!IsUtf8(body) || HasLoneSurrogate(body)) return NoUnicode();
  if (open_ && body.size() + kEnvelopeBytes >= limits_.message_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the gateway takes messages of ", limits_.message_bytes, " bytes at most"));
  }
  return absl::OkStatus();
}

absl::Status Wire::UnfitText(std::string_view text) {
  return IsUtf8(text) ? absl::OkStatus() : NoUnicode();
}

size_t Wire::Packed(const std::vector<std::string>& bodies, size_t begin) const {
  size_t bytes = kEnvelopeBytes;
  const size_t last = std::min(bodies.size(), begin + limits_.subscriptions_per_message);
  for (size_t i = begin; i < last; ++i) {
    bytes += bodies[i].size() + 1;
    if (bytes > limits_.message_bytes) return std::max<size_t>(i - begin, 1);
  }
  return last - begin;
}

bool Wire::Answer(Event& event) {
  if (!event.ref) return false;
  auto answer = answers_.extract(*event.ref);
  if (answer.empty()) return false;
  answer.mapped()(event);
  return true;
}

// How long it takes until this has been earned.
Duration Wire::CostOf(const std::string& text) const {
  return interval_ * static_cast<Duration::rep>(1 + text.size() / kBytesPerMessage);
}

void Wire::Pump() {
  const TimePoint now = loop_.Now();
  // A second's worth may be sent at once, and what is more when that much has been earned.
  const Duration burst = std::max(kBurst, interval_);
  while (!waiting_.empty()) {
    earned_at_ = std::max(earned_at_, now);
    const Duration cost = CostOf(waiting_.front().text);
    const Duration wait = earned_at_ + std::min(cost, burst) - now - burst;
    if (wait > Duration(0)) {
      timer_ = loop_.RunAfter(wait, [this] { OnRoom(); });
      return;
    }
    earned_at_ += cost;
    Message message = std::move(waiting_.front());
    waiting_.pop_front();
    send_(std::move(message.text));
    if (message.written) message.written();
  }
}

void Wire::OnRoom() {
  Pump();
  if (IsClear()) cleared_();
}

}  // namespace entitysync::client
