#include "client-sdk/cpp/credentials.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

constexpr char kCallback[] = "the callback of Authenticate";

}  // namespace

Credentials::Credentials(Token token, Loop& loop, Wire& wire, UserCalls& user,
                         std::function<void()> accepted)
    : token_(std::move(token)),
      loop_(loop),
      wire_(wire),
      user_(user),
      accepted_(std::move(accepted)) {}

void Credentials::Prepare(std::function<void(absl::Status)> ready) {
  const uint64_t turn = ++turn_;
  secret_.reset();
  accepted_here_ = false;
  if (const auto* text = std::get_if<std::string>(&token_)) secret_ = *text;
  if (!IsRenewable()) return ready(absl::OkStatus());
  Call([this, turn, ready = std::move(ready)](absl::StatusOr<std::string> secret) {
    if (turn != turn_) return;
    ++turn_;  // One answer counts.
    if (secret.ok()) secret_ = *secret;
    ready(secret.status());
  });
}

void Credentials::OnOpened() {
  if (secret_) return Present(*secret_);
  // Whoever gave no credential is to hear what the gateway says to that.
  if (done_) Present("");
}

void Credentials::Authenticate(std::optional<Token> token, std::function<void(absl::Status)> done) {
  if (done_) {
    // Later, because it may do anything.
    loop_.Post([this, replaced = std::move(done_)] {
      user_.Call(kCallback, [&] { replaced(absl::AbortedError("another credential was given")); });
    });
  }
  // Destroyed last, because a token function may hold what does anything then.
  Token replaced_token;
  if (token) {
    if (!before_) before_ = token_;
    replaced_token = std::exchange(token_, *std::move(token));
  }
  done_ = done ? std::move(done) : [](const absl::Status&) {};
  if (wire_.IsOpen()) Replace();
}

void Credentials::Forget() { const auto forgotten = std::exchange(done_, nullptr); }

void Credentials::Reject(const absl::Status& error) { Finish(error); }

// Presents the present token on the live connection.
void Credentials::Replace() {
  const uint64_t turn = ++turn_;
  if (!IsRenewable()) {
    const auto* text = std::get_if<std::string>(&token_);
    return Present(text == nullptr ? "" : *text);
  }
  Call([this, turn](absl::StatusOr<std::string> secret) {
    if (turn != turn_ || !wire_.IsOpen()) return;
    if (secret.ok()) return Present(*secret);
    OnRefused(absl::UnauthenticatedError(
        absl::StrCat("there is no credential: ", secret.status().message())));
  });
}

void Credentials::Call(std::function<void(absl::StatusOr<std::string>)> done) {
  // The function may end the client, and so itself.
  const TokenFunction function = std::get<TokenFunction>(token_);
  const TokenDone posted = loop_.Posted(std::move(done));
  if (function == nullptr) return posted(absl::InvalidArgumentError("the token function is empty"));
  bool returned = false;
  user_.Call("the token function", [&] {
    function(posted);
    returned = true;
  });
  if (!returned) posted(absl::InternalError("the token function threw"));
}

void Credentials::Present(const std::string& secret) {
  const uint64_t turn = ++turn_;
  const std::string body = absl::StrCat("{\"secret\":", Quoted(secret), "}");
  absl::Status unfit = Wire::UnfitText(secret);
  if (unfit.ok()) unfit = wire_.Unfit(body);
  if (!unfit.ok()) return OnRefused(unfit);
  wire_.Call("authenticate", body,
             [this, turn, token = token_](const Event& event) { OnAnswer(turn, event, token); });
}

void Credentials::OnAnswer(uint64_t turn, const Event& event, const Token& token) {
  const bool newest = turn == turn_;
  if (event.kind == EventKind::kError) {
    if (newest) OnRefused(event.error);
    return;
  }
  accepted_here_ = true;
  if (!newest) {
    // It says nothing about the newest, but what to fall back on.
    const auto older = before_ ? std::exchange(before_, token) : std::nullopt;
    return;
  }
  const auto before = std::exchange(before_, std::nullopt);
  Finish(absl::OkStatus());
  accepted_();
}

void Credentials::OnRefused(const absl::Status& error) {
  const std::optional<Token> before = std::exchange(before_, std::nullopt);
  Token refused;  // Destroyed last, as in Authenticate.
  if (before) refused = std::exchange(token_, *before);
  const uint64_t turn = turn_;
  Reject(error);
  user_.Report(error);
  if (turn != turn_) return;  // Whoever was told has presented another one.
  // A new connection has not seen the one before yet.
  const bool has_before = before && !std::holds_alternative<std::monostate>(*before);
  if (has_before && !accepted_here_ && wire_.IsOpen()) Replace();
}

void Credentials::Finish(const absl::Status& status) {
  if (const auto done = std::exchange(done_, nullptr)) {
    user_.Call(kCallback, [&] { done(status); });
  }
}

}  // namespace entitysync::client
