#include "tests/simulation/source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/simulation/rows.h"

namespace entitysync::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// For how long it is remembered that the application does not answer so many in one call.
constexpr base::Duration kFewerFor = seconds(1);

const char* NameOf(fetch::FetchReason reason) {
  switch (reason) {
    case fetch::FetchReason::kChange:
      return "change";
    case fetch::FetchReason::kSnapshot:
      return "snapshot";
    case fetch::FetchReason::kRevalidate:
      return "revalidate";
  }
  return "?";
}

}  // namespace

struct Source::Call {
  fetch::FetchDone done;
  std::vector<Question> questions;
  bool is_declined = false;  // The application does not answer them in one call.
  bool is_over = false;
  std::list<CallPtr>::iterator position;
};

class Source::Handle final : public fetch::FetchCall {
 public:
  Handle(Source& source, CallPtr call) : source_(source), call_(std::move(call)) {}
  ~Handle() override { source_.Cancel(*call_); }
  void Drop(size_t index) override {
    if (!call_->is_over) source_.GiveUp(call_->questions[index]);
  }

 private:
  Source& source_;
  const CallPtr call_;
};

Source::Source(World& world, Application& application, const Service& service, std::string replica,
               size_t cap)
    : world_(world),
      application_(application),
      service_(service),
      replica_(std::move(replica)),
      cap_(cap) {}

size_t Source::MaxItems() const { return world_.Now() < fewer_until_ ? fewer_items_ : 100; }

std::unique_ptr<fetch::FetchCall> Source::Fetch(std::span<const fetch::FetchRequest> requests,
                                                fetch::FetchDone done) {
  auto call = std::make_shared<Call>();
  call->done = std::move(done);
  call->is_over = abandoned_;
  if (abandoned_) return std::make_unique<Handle>(*this, call);
  for (const fetch::FetchRequest& request : requests) {
    call->questions.push_back(
        {application_.IndexOf(request.key), request.secret, request.reason, true, {}});
    const Question& question = call->questions.back();
    world_.Tell(replica_, ": fetches ", application_.NameOf(question.key), " for ", question.secret,
                " (", NameOf(question.reason), ")", call->questions.size() > 1 ? " too" : "");
    CheckAsked(*call);
  }
  started_ += requests.size();
  call->position = calls_.insert(calls_.end(), call);
  Schedule(call);
  return std::make_unique<Handle>(*this, call);
}

void Source::CheckAsked(const Call& call) {
  const Question& asked = call.questions.back();
  const auto is_same = [&](const Question& other) {
    return &other != &asked && other.is_open && other.key == asked.key &&
           other.secret == asked.secret;
  };
  const auto has_same = [&](const Call& other) {
    return std::any_of(other.questions.begin(), other.questions.end(), is_same);
  };
  if (has_same(call) || std::any_of(calls_.begin(), calls_.end(),
                                    [&](const CallPtr& other) { return has_same(*other); })) {
    world_.Broken(Promise::kFewFetches, "two fetches of one pair in flight");
  }
  if (++open_ > cap_) world_.Broken(Promise::kPaced, "more fetches in flight than the cap");
}

void Source::Schedule(const CallPtr& call) {
  const base::Duration latency = DrawLatency(*call);
  call->is_declined = DrawDeclined(call->questions.size());
  std::optional<absl::StatusCode> whole;
  if (call->questions.size() > 1) whole = DrawFailure(call->questions.size());
  for (Question& question : call->questions) {
    const auto failure = whole.has_value() ? whole : DrawFailure(1);
    if (failure.has_value()) {
      question.answer.status = absl::Status(*failure, "as the simulation wants");
      continue;
    }
    world_.loop.After(world_.UpTo(latency), [this, call, &question] {
      if (call->is_over || !question.is_open) return;
      auto reading = application_.Read(question.key, question.secret, question.reason);
      question.answer = std::move(reading.answer);
      question.serial = reading.serial;
    });
  }
  world_.loop.After(latency, [this, call] { End(*call); });
}

base::Duration Source::DrawLatency(const Call& call) {
  const base::Duration usual = world_.random.Between(microseconds(200), milliseconds(20));
  const bool is_slow =
      world_.plan.slow_key && std::any_of(call.questions.begin(), call.questions.end(),
                                          [](const Question& each) { return each.key == 0; });
  switch (service_.mood) {
    case Service::Mood::kHanging:
      return kDeadline;
    case Service::Mood::kSlow:
      return world_.random.Between(milliseconds(300), milliseconds(3000));
    case Service::Mood::kWell:
      if (is_slow) return world_.random.Between(milliseconds(200), milliseconds(900));
      return service_.latency.value_or(usual);
    default:
      return usual;
  }
}

bool Source::DrawDeclined(size_t items) {
  const bool is_large = world_.plan.large_answers && world_.Chance(20);
  if (items == 1 || !(world_.plan.no_batches || is_large)) return false;
  fewer_items_ = world_.plan.no_batches ? 1 : items / 2;
  fewer_until_ = world_.Now() + kFewerFor;
  return true;
}

std::optional<absl::StatusCode> Source::DrawFailure(size_t items) {
  switch (service_.mood) {
    case Service::Mood::kRefusing:
      return absl::StatusCode::kUnavailable;
    case Service::Mood::kHanging:
      return absl::StatusCode::kDeadlineExceeded;
    case Service::Mood::kFlaky:
      // Of several, at times all fail together.
      if (world_.Chance(items == 1 ? 50 : 20)) return RandomFailure();
      return std::nullopt;
    case Service::Mood::kMisconfigured:
      if (items > 1 || world_.Chance(50)) return std::nullopt;
      return world_.Chance(50) ? absl::StatusCode::kUnimplemented
                               : absl::StatusCode::kInvalidArgument;
    default:
      return std::nullopt;
  }
}

void Source::End(Call& call) {
  if (call.is_over || abandoned_) return;
  Close(call);
  fetch::FetchAnswers answers;
  for (Question& question : call.questions) {
    if (question.is_open) Answered(question, call.is_declined);
    if (!call.is_declined) answers.push_back(std::move(question.answer));
  }
  call.done(std::move(answers));
}

void Source::Answered(Question& question, bool is_declined) {
  question.is_open = false;
  --open_;
  const fetch::FetchAnswer& answer = question.answer;
  world_.Tell(replica_, ": ", application_.NameOf(question.key), " for ", question.secret, ": ",
              is_declined          ? "not in one call"
              : answer.status.ok() ? ForStory(answer.rows.front())
                                   : std::string(absl::StatusCodeToString(answer.status.code())));
  if (!is_declined) Note(question);
}

void Source::Note(const Question& question) {
  const fetch::FetchAnswer& answer = question.answer;
  const bool is_removed = absl::IsNotFound(answer.status);
  const bool is_denied = absl::IsPermissionDenied(answer.status);
  if (!answer.status.ok() && !is_removed && !is_denied) return;
  const base::TimePoint now = world_.Now();
  Heard& heard = heard_[{question.key, question.secret}];
  if (is_denied) {
    heard.denied = now;
    heard.allowed_after = base::TimePoint::max();
    return;
  }
  heard.allowed_after = std::min(heard.allowed_after, now);
  heard.serials.insert(question.serial);
  if (is_removed) {
    removed_[question.key] = now;
    heard.removal = std::max(heard.removal, question.serial);
  }
  if (now <= frozen_until_) return;
  heard.all.Note(question.serial, now);
  if (!is_removed) heard.rows.Note(question.serial, now);
}

void Source::Newest::Note(uint64_t serial, base::TimePoint now) {
  if (last_time < now) {
    earlier = std::max(earlier, last);
    last = 0;
    last_time = now;
  }
  last = std::max(last, serial);
}

uint64_t Source::Newest::Before(base::TimePoint now) const {
  return last_time < now ? std::max(earlier, last) : earlier;
}

const Source::Heard& Source::HeardOf(KeyIndex key, const std::string& secret) const {
  static const Heard kNothing;
  const auto it = heard_.find({key, secret});
  return it == heard_.end() ? kNothing : it->second;
}

uint64_t Source::NewestAnswered(KeyIndex key, const std::string& secret) const {
  return HeardOf(key, secret).rows.Before(world_.Now());
}

uint64_t Source::NewestSerial(KeyIndex key, const std::string& secret) const {
  return HeardOf(key, secret).all.Before(world_.Now());
}

bool Source::WasAnswered(KeyIndex key, const std::string& secret, uint64_t serial) const {
  return HeardOf(key, secret).serials.contains(serial);
}

uint64_t Source::NewestRemoval(KeyIndex key, const std::string& secret) const {
  return HeardOf(key, secret).removal;
}

bool Source::MayBeDenied(KeyIndex key, const std::string& secret, base::TimePoint since) const {
  const Heard& heard = HeardOf(key, secret);
  if (!heard.denied.has_value()) return false;
  return std::max(*heard.denied, heard.allowed_after) >= since || frozen_until_ >= since;
}

base::TimePoint Source::LastRemoved(KeyIndex key) const {
  const auto it = removed_.find(key);
  return it == removed_.end() ? base::TimePoint{} : it->second;
}

void Source::BreakCalls() {
  const std::list<CallPtr> calls = calls_;
  for (const CallPtr& call : calls) {
    for (Question& question : call->questions) {
      question.answer = {.status = absl::UnavailableError("restarted"), .rows = {}, .version = {}};
    }
    call->is_declined = false;
    End(*call);
  }
}

void Source::Abandon() {
  abandoned_ = true;
  calls_.clear();
}

void Source::Close(Call& call) {
  call.is_over = true;
  calls_.erase(call.position);
}

void Source::Cancel(Call& call) {
  if (call.is_over || abandoned_)
    return;  // Abandoned: all at once, in an order that means nothing.
  for (Question& question : call.questions) GiveUp(question);
  Close(call);
}

void Source::GiveUp(Question& question) {
  if (abandoned_ || !std::exchange(question.is_open, false)) return;
  --open_;
  world_.Tell(replica_, ": gives up fetching ", application_.NameOf(question.key), " for ",
              question.secret);
}

absl::StatusCode Source::RandomFailure() {
  static constexpr absl::StatusCode kCodes[] = {
      absl::StatusCode::kUnavailable,       absl::StatusCode::kUnknown,
      absl::StatusCode::kInternal,          absl::StatusCode::kDeadlineExceeded,
      absl::StatusCode::kResourceExhausted, absl::StatusCode::kAborted,
      absl::StatusCode::kDataLoss,          absl::StatusCode::kFailedPrecondition};
  return kCodes[world_.random.Below(std::size(kCodes))];
}

}  // namespace entitysync::simulation
