#include "client-sdk/cpp/connection.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace entitysync::client {
namespace {

// Not more than a day, so that no number of a gateway overflows the clock.
constexpr double kMaxSeconds = 86'400;

Duration Seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::min(seconds, kMaxSeconds)));
}

}  // namespace

Connection::Connection(Loop& loop, Platform platform, Duration connect_timeout, bool online,
                       ConnectionEvents& events)
    : loop_(loop),
      platform_(std::move(platform)),
      connect_timeout_(connect_timeout),
      events_(events),
      online_(online),
      backoff_(platform_.random),
      liveness_(
          loop, [this](std::function<void()> written) { events_.Ping(std::move(written)); },
          [this] {
            OnEnded({1006, "the gateway is silent"});
          }) {
  if (!online_) state_.status = ConnectionStatus::kOffline;
}

void Connection::Begin() {
  if (attempt_ == 0) Start();
}

void Connection::Start() {
  if (online_) return Attempt();
  Set({.status = ConnectionStatus::kOffline});
}

void Connection::Send(std::string text) {
  if (transport_ != nullptr) transport_->Send(std::move(text));
}

void Connection::Renew() {
  const ConnectionStatus status = state_.status;
  if (status == ConnectionStatus::kRefused) backoff_.Reset();
  if (status != ConnectionStatus::kRefused && status != ConnectionStatus::kConnecting) return;
  if (Leave()) Start();
}

void Connection::SetOnline(bool online) {
  online_ = online;
  const ConnectionStatus status = state_.status;
  if (!online) {
    if (status != ConnectionStatus::kWaiting) return;
    timer_.reset();
    return Set({.status = ConnectionStatus::kOffline});
  }
  backoff_.Reset();
  if (status == ConnectionStatus::kWaiting || status == ConnectionStatus::kOffline) Attempt();
  // The network may be another one.
  if (status == ConnectionStatus::kOpen) Check();
}

void Connection::Check() {
  if (IsOpen()) liveness_.Check();
}

void Connection::Close() {
  if (state_.status == ConnectionStatus::kClosed) return;
  if (Leave({.status = ConnectionStatus::kClosed})) events_.OnChanged(state_);
}

// The state is another one now, of which nobody has been told. Its number: whoever is told of
// anything then may bring about a newer one.
uint64_t Connection::Note(ConnectionState state) {
  state_ = std::move(state);
  return ++states_;
}

void Connection::Set(ConnectionState state) {
  Note(std::move(state));
  events_.OnChanged(state_);
}

void Connection::Attempt() {
  const uint64_t attempt = ++attempt_;
  timer_ = loop_.RunAfter(connect_timeout_, [this] {
    OnEnded({1006, "the gateway did not say welcome in time"});
  });
  Set({.status = ConnectionStatus::kConnecting});
  // Whoever was told may have ended the attempt.
  if (attempt != attempt_) return;
  events_.Prepare([this, attempt](const absl::Status& status) {
    if (attempt == attempt_ && transport_ == nullptr) OnPrepared(status);
  });
}

void Connection::OnPrepared(const absl::Status& status) {
  if (status.ok()) return Dial();
  const uint64_t attempt = attempt_;
  const std::string reason = absl::StrCat("there is no credential: ", status.message());
  events_.OnFailure(absl::UnauthenticatedError(reason));
  if (attempt == attempt_) OnEnded({1006, reason});
}

void Connection::Dial() {
  const uint64_t attempt = attempt_;
  TransportEvents events;
  events.text = loop_.Guarded(std::function([this, attempt](std::string text) {
    if (attempt == attempt_) OnText(text);
  }));
  events.closed = loop_.Guarded(std::function([this, attempt](int code, std::string reason) {
    if (attempt != attempt_) return;
    transport_.reset();
    OnEnded({code, std::move(reason)});
  }));
  transport_ = platform_.dial(kSubprotocol, std::move(events));
}

void Connection::OnText(const std::string& text) {
  liveness_.Heard();
  absl::StatusOr<Event> event = ReadEvent(text);
  if (!event.ok()) return events_.OnFailure(event.status());
  if (event->kind == EventKind::kWelcome) return OnWelcome(event->welcome);
  if (!IsOpen()) return;  // The first event is the welcome.
  if (event->kind != EventKind::kReconnect) return events_.OnEvent(*std::move(event));
  if (event->after_ms) LeaveWithin(event->after_ms->first, event->after_ms->second);
}

void Connection::OnWelcome(const Welcome& welcome) {
  if (IsOpen()) return;
  timer_.reset();
  opened_at_ = loop_.Now();
  liveness_.Start(Seconds(welcome.heartbeat_seconds));
  const uint64_t number =
      Note({.status = ConnectionStatus::kOpen, .connection = welcome.connection});
  events_.OnOpened(welcome);
  if (number == states_) events_.OnChanged(state_);
}

void Connection::LeaveWithin(double begin_ms, double end_ms) {
  const Duration wait = Seconds((begin_ms + platform_.random() * (end_ms - begin_ms)) / 1'000);
  leave_at_ = loop_.Now() + wait;
  leave_timer_ = loop_.RunAfter(wait, [this] {
    if (!Leave()) return;
    backoff_.Reset();
    Start();
  });
}

// Parts with the present transport and attempt, whatever state they are in, for the state `next`,
// of which the caller tells. False: whoever was told that the connection is down has already
// changed it again.
bool Connection::Leave(ConnectionState next) {
  ++attempt_;
  leave_at_.reset();
  leave_timer_.reset();
  timer_.reset();
  liveness_.Stop();
  if (const auto transport = std::move(transport_)) transport->Close(1000);
  if (next.status == ConnectionStatus::kWaiting) {
    timer_ = loop_.RunAfter(next.retry_in, [this] { Attempt(); });
  }
  const bool was_open = IsOpen();
  const uint64_t number = Note(std::move(next));
  if (was_open) events_.OnDown();
  return number == states_;
}

ConnectionState Connection::StateAfter(const Ending& ending) {
  ConnectionState next{.code = ending.code, .reason = ending.reason};
  const Verdict verdict = VerdictOn(ending.code);
  const bool is_renewable = events_.IsRenewable();
  if (verdict == Verdict::kFinal) {
    next.status = ConnectionStatus::kClosed;
  } else if (verdict == Verdict::kRefused || (verdict == Verdict::kExpired && !is_renewable)) {
    next.status = ConnectionStatus::kRefused;
  } else if (!online_) {
    next.status = ConnectionStatus::kOffline;
  } else {
    next.status = ConnectionStatus::kWaiting;
    if (leave_at_) backoff_.Reset();
    next.retry_in = leave_at_ ? std::max(*leave_at_ - loop_.Now(), Duration(0)) : backoff_.Next();
  }
  return next;
}

// The attempt or the connection is over, and it was not this side that wanted it.
void Connection::OnEnded(const Ending& ending) {
  if (IsOpen()) backoff_.Held(loop_.Now() - opened_at_);
  const ConnectionState next = StateAfter(ending);
  if (Leave(next)) events_.OnChanged(state_);
  const auto reason = [&](std::string_view otherwise) {
    return ending.reason.empty() ? std::string(otherwise) : ending.reason;
  };
  if (next.status == ConnectionStatus::kRefused) {
    events_.OnFailure(absl::UnauthenticatedError(reason("the credential is refused")));
  } else if (next.status == ConnectionStatus::kClosed && ending.code != 1000) {
    events_.OnFailure(absl::FailedPreconditionError(
        reason(absl::StrCat("the gateway closed the connection with ", ending.code))));
  }
}

}  // namespace entitysync::client
