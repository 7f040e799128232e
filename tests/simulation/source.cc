#include "tests/simulation/source.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/simulation/rows.h"

namespace entitysync::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

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
  fetch::FetchRequest request;
  fetch::FetchDone done;
  KeyIndex key = 0;
  bool is_over = false;
  std::list<std::shared_ptr<Call>>::iterator position;
};

class Source::Handle final : public fetch::FetchCall {
 public:
  Handle(Source& source, std::shared_ptr<Call> call) : source_(source), call_(std::move(call)) {}
  ~Handle() override {
    if (!std::exchange(call_->is_over, true)) source_.Cancel(*call_);
  }

 private:
  Source& source_;
  const std::shared_ptr<Call> call_;
};

Source::Source(World& world, Application& application, const Service& service, std::string replica,
               size_t cap)
    : world_(world),
      application_(application),
      service_(service),
      replica_(std::move(replica)),
      cap_(cap) {}

std::unique_ptr<fetch::FetchCall> Source::Fetch(fetch::FetchRequest request,
                                                fetch::FetchDone done) {
  auto call = std::make_shared<Call>();
  call->key = application_.IndexOf(request.key);
  call->request = std::move(request);
  call->done = std::move(done);
  call->is_over = abandoned_;
  if (abandoned_) return std::make_unique<Handle>(*this, call);
  const std::string& secret = *call->request.secret;
  world_.Tell(replica_, ": fetches ", application_.NameOf(call->key), " for ", secret, " (",
              NameOf(call->request.reason), ")");
  const bool twice = std::any_of(open_.begin(), open_.end(), [&](const auto& other) {
    return other->key == call->key && *other->request.secret == secret;
  });
  if (twice) world_.Broken(Promise::kFewFetches, "two fetches of one pair in flight");
  call->position = open_.insert(open_.end(), call);
  ++started_;
  if (open_.size() > cap_) world_.Broken(Promise::kPaced, "more fetches in flight than the cap");
  Schedule(call);
  return std::make_unique<Handle>(*this, call);
}

std::vector<std::unique_ptr<fetch::FetchCall>> Source::FetchBatch(
    std::vector<fetch::FetchItem> items) {
  batch_latency_ = RandomLatency();
  auto calls = EntitySource::FetchBatch(std::move(items));
  batch_latency_.reset();
  return calls;
}

base::Duration Source::RandomLatency() {
  return world_.random.Between(microseconds(200), milliseconds(20));
}

void Source::Schedule(const std::shared_ptr<Call>& call) {
  base::Duration latency = batch_latency_.value_or(RandomLatency());
  const auto fail = [&](base::Duration after, absl::StatusCode code) {
    world_.loop.After(after, [this, call, code] {
      End(call,
          {.status = absl::Status(code, "as the simulation wants"), .rows = {}, .version = {}});
    });
  };
  switch (service_.mood) {
    case Service::Mood::kRefusing:
      return fail(latency, absl::StatusCode::kUnavailable);
    case Service::Mood::kHanging:
      return fail(kDeadline, absl::StatusCode::kDeadlineExceeded);
    case Service::Mood::kFlaky:
      if (world_.Chance(50)) return fail(latency, RandomFailure());
      break;
    case Service::Mood::kMisconfigured:
      if (world_.Chance(50)) {
        return fail(latency, world_.Chance(50) ? absl::StatusCode::kUnimplemented
                                               : absl::StatusCode::kInvalidArgument);
      }
      break;
    case Service::Mood::kSlow:
      latency = world_.random.Between(milliseconds(300), milliseconds(3000));
      break;
    case Service::Mood::kWell:
      latency = service_.latency.value_or(latency);
      break;
  }
  const base::Duration read = world_.UpTo(latency);
  world_.loop.After(read, [this, call, rest = latency - read] { ReadAndAnswer(call, rest); });
}

void Source::ReadAndAnswer(const std::shared_ptr<Call>& call, base::Duration rest) {
  if (call->is_over) return;
  fetch::FetchAnswer answer =
      application_.Read(call->key, *call->request.secret, call->request.reason);
  world_.loop.After(
      rest, [this, call, answer = std::move(answer)]() mutable { End(call, std::move(answer)); });
}

void Source::End(const std::shared_ptr<Call>& call, fetch::FetchAnswer answer) {
  if (call->is_over || abandoned_) return;
  call->is_over = true;
  Forget(*call);
  Note(*call, answer);
  world_.Tell(replica_, ": ", application_.NameOf(call->key), " for ", *call->request.secret, ": ",
              answer.status.ok() ? answer.rows.front()
                                 : std::string(absl::StatusCodeToString(answer.status.code())));
  call->done(std::move(answer));
}

void Source::Note(const Call& call, const fetch::FetchAnswer& answer) {
  if (absl::IsNotFound(answer.status)) removed_[call.key] = world_.Now();
  if (!answer.status.ok() || world_.Now() <= frozen_until_) return;
  Answered& answered = answered_[{call.key, *call.request.secret}];
  const uint64_t serial = ReadRow(answer.rows.front()).serial;
  if (answered.last_time < world_.Now()) {
    answered.earlier = std::max(answered.earlier, answered.last);
    answered.last = 0;
    answered.last_time = world_.Now();
  }
  answered.last = std::max(answered.last, serial);
}

uint64_t Source::NewestAnswered(KeyIndex key, const std::string& secret) const {
  const auto it = answered_.find({key, secret});
  if (it == answered_.end()) return 0;
  const Answered& answered = it->second;
  return answered.last_time < world_.Now() ? std::max(answered.earlier, answered.last)
                                           : answered.earlier;
}

base::TimePoint Source::LastRemoved(KeyIndex key) const {
  const auto it = removed_.find(key);
  return it == removed_.end() ? base::TimePoint{} : it->second;
}

void Source::BreakCalls() {
  const std::list<std::shared_ptr<Call>> open = open_;
  for (const auto& call : open) {
    End(call, {.status = absl::UnavailableError("restarted"), .rows = {}, .version = {}});
  }
}

void Source::Abandon() {
  abandoned_ = true;
  open_.clear();
}

void Source::Forget(const Call& call) {
  if (!abandoned_) open_.erase(call.position);
}

void Source::Cancel(const Call& call) {
  if (abandoned_) return;  // All at once, in an order that means nothing.
  world_.Tell(replica_, ": gives up fetching ", application_.NameOf(call.key), " for ",
              *call.request.secret);
  Forget(call);
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
