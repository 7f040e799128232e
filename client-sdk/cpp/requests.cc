#include "client-sdk/cpp/requests.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "client-sdk/cpp/json_scanner.h"

namespace entitysync::client {

Requests::Requests(Loop& loop, Wire& wire, UserCalls& user, Duration timeout, size_t max)
    : loop_(loop), wire_(wire), user_(user), timeout_(timeout), max_(max) {}

uint64_t Requests::Add(std::string json, std::optional<std::chrono::milliseconds> timeout,
                       ReplyFunction done) {
  const uint64_t id = ++ids_;
  if (!done) done = [](const absl::StatusOr<std::vector<Row>>&) {};
  if (absl::Status refused = Admit(json); !refused.ok()) {
    // Not within this call: whoever asks has not even the handle yet.
    loop_.Post([this, refused = std::move(refused), done = std::move(done)] {
      user_.Call("the callback of a request", [&] { done(refused); });
    });
    return id;
  }
  const Duration time = timeout ? Bounded(*timeout) : timeout_;
  Request& request = requests_[id];
  request.json = std::move(json);
  request.done = std::move(done);
  request.timer = loop_.RunAfter(
      time, [this, id] { Settle(id, absl::DeadlineExceededError("there was no answer in time")); });
  Flush();
  return id;
}

void Requests::Cancel(uint64_t id) { Settle(id, absl::CancelledError("the request was given up")); }

void Requests::OnOpened() {
  open_ = wire_.IsOpen();  // Whoever was told anything meanwhile may have closed the client.
  Flush();
}

void Requests::Flush() {
  if (!open_) return;
  // From the beginning after each: one that is unfit tells its user, who may do anything.
  const auto waits = [](const auto& entry) { return !entry.second.sent; };
  while (wire_.IsClear()) {  // Else it comes back when it is.
    const auto next = std::find_if(requests_.begin(), requests_.end(), waits);
    if (next == requests_.end()) return;
    Send(next->first, next->second);
  }
}

void Requests::OnDown() {
  open_ = false;
  // Nobody knows what became of those under way, so they are not sent again.
  SettleAll(absl::UnavailableError("the connection broke; perhaps the application got the request"),
            /*only_sent=*/true);
}

void Requests::SetEnd(const absl::Status& end) {
  end_ = end;
  if (!end.ok()) SettleAll(end, /*only_sent=*/false);
}

void Requests::Clear() {
  // Taken away first: what the callbacks hold may give up requests when it is destroyed.
  const auto cleared = std::exchange(requests_, {});
}

absl::Status Requests::Admit(const std::string& json) const {
  if (!end_.ok()) return end_;
  if (requests_.size() >= max_) {
    return absl::ResourceExhaustedError(absl::StrCat(max_, " requests wait already"));
  }
  if (!IsJson(json)) return absl::InvalidArgumentError("the request is no JSON value");
  return wire_.Unfit(json);
}

void Requests::Send(uint64_t id, Request& request) {
  // It may have waited for a gateway that takes less.
  if (absl::Status unfit = wire_.Unfit(request.json); !unfit.ok()) return Settle(id, unfit);
  const std::string json = std::exchange(request.json, {});
  request.sent = true;
  wire_.Call("message", json, [this, id](Event& event) {
    if (event.kind == EventKind::kReply) return Settle(id, std::move(event.rows));
    Settle(id, event.kind == EventKind::kError ? event.error : absl::InternalError("no reply"));
  });
}

void Requests::Settle(uint64_t id, absl::StatusOr<std::vector<Row>> outcome) {
  auto settled = requests_.extract(id);
  if (settled.empty()) return;
  const ReplyFunction done = std::move(settled.mapped().done);
  settled.mapped().timer.reset();
  user_.Call("the callback of a request", [&] { done(std::move(outcome)); });
}

void Requests::SettleAll(const absl::Status& error, bool only_sent) {
  std::vector<uint64_t> ids;
  for (const auto& [id, request] : requests_) {
    if (request.sent || !only_sent) ids.push_back(id);
  }
  for (const uint64_t id : ids) Settle(id, error);
}

}  // namespace entitysync::client
