#include "client-sdk/cpp/core.h"

#include <absl/strings/string_view.h>

#include <utility>

namespace entitysync::client {
namespace {

absl::Status Closed() { return absl::CancelledError("the client is closed"); }

// What requests fail with in this state, if nothing can become of them.
absl::Status EndOf(const ConnectionState& state) {
  if (state.status == ConnectionStatus::kClosed) return Closed();
  if (state.status != ConnectionStatus::kRefused) return absl::OkStatus();
  return absl::UnauthenticatedError(state.reason.empty() ? "the credential is refused"
                                                         : absl::string_view(state.reason));
}

}  // namespace

std::shared_ptr<Core> Core::Make(const ClientOptions& options, Platform platform) {
  std::shared_ptr<Core> core(new Core(options, std::move(platform)));
  core->loop_.SetOwner(core);
  // When the task has ended: so nobody is called back before there is a client.
  core->loop_.Post([core = core.get()] { core->connection_.Begin(); });
  return core;
}

Core::Core(const ClientOptions& options, Platform platform)
    : loop_(platform.scheduler),
      user_(options.on_error),
      on_connection_(options.on_connection),
      wire_(
          loop_, [this](std::string text) { connection_.Send(std::move(text)); },
          [this] { OnCleared(); }),
      subscriptions_(loop_, wire_, user_),
      requests_(loop_, wire_, user_, Bounded(options.request_timeout), options.max_requests),
      credentials_(options.token, loop_, wire_, user_, [this] { subscriptions_.RetryDenied(); }),
      connection_(loop_, std::move(platform), Bounded(options.connect_timeout), options.online,
                  *this) {}

void Core::Authenticate(std::optional<Token> token, std::function<void(absl::Status)> done) {
  if (connection().status == ConnectionStatus::kClosed) {
    if (!done) return;
    return loop_.Post([this, done = std::move(done)] {
      user_.Call("the callback of Authenticate", [&] { done(Closed()); });
    });
  }
  credentials_.Authenticate(std::move(token), std::move(done));
  if (!wire_.IsOpen()) connection_.Renew();
}

void Core::Close() {
  requests_.SetEnd(Closed());
  connection_.Close();
}

void Core::Abandon() {
  user_.Mute();
  subscriptions_.Clear();
  requests_.Clear();
  credentials_.Forget();
  const auto on_connection = std::exchange(on_connection_, nullptr);
  connection_.Close();
}

// In turns, so that neither waits for ever where the other always has something to say.
void Core::OnCleared() {
  if (requests_next_) requests_.Flush();
  subscriptions_.Flush();
  requests_.Flush();
  requests_next_ = !requests_next_;
}

void Core::OnChanged(const ConnectionState& state) {
  const ConnectionState told = state;  // Whoever is told may change it.
  const absl::Status end = EndOf(told);
  const uint64_t change = ++changes_;
  requests_.SetEnd(end);
  // Each may have changed it again. Then everybody has been told of the newer state.
  if (change != changes_) return;
  if (!end.ok()) credentials_.Reject(end);
  if (change != changes_) return;
  // A copy: the call may end this object.
  const auto on_connection = on_connection_;
  if (on_connection) user_.Call("on_connection", [&] { on_connection(told); });
}

void Core::Prepare(std::function<void(absl::Status)> ready) {
  credentials_.Prepare(std::move(ready));
}

void Core::OnOpened(const Welcome& welcome) {
  wire_.OnOpened(welcome);
  credentials_.OnOpened();
  subscriptions_.OnOpened();
  requests_.OnOpened();
  requests_next_ = false;
}

void Core::OnDown() {
  wire_.OnDown();
  subscriptions_.OnDown();
  requests_.OnDown();
}

void Core::Ping(std::function<void()> written) {
  wire_.Call("ping", "", nullptr, std::move(written));
}

void Core::OnEvent(Event event) {
  switch (event.kind) {
    case EventKind::kState:
    case EventKind::kUnchanged:
    case EventKind::kPatch:
    case EventKind::kRemoved:
    case EventKind::kStale:
      return subscriptions_.OnState(event);
    case EventKind::kUnsubscribed:
      if (!event.ref) return subscriptions_.OnWithdrawn(event);
      break;
    default:
      break;
  }
  // Else it answers something; events that are not known here answer nothing.
  if (wire_.Answer(event) || event.kind != EventKind::kError) return;
  user_.Report(event.error);
}

}  // namespace entitysync::client
