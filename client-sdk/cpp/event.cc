#include "client-sdk/cpp/event.h"

#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <cmath>

#include "client-sdk/cpp/absl_text.h"
#include "client-sdk/cpp/json_scanner.h"
#include "client-sdk/cpp/json_string.h"

namespace entitysync::client {
namespace {

// Reads the members of an object by their type. One that is null counts as absent, one of another
// type as a fault of the whole event.
class Reader {
 public:
  explicit Reader(std::string_view json) {
    auto members = MembersOf(json);
    readable_ = members.has_value();
    if (readable_) members_ = *std::move(members);
  }

  bool ok() const { return readable_; }
  void Fail() { readable_ = false; }

  // The text of a member; empty if it is absent. Of several with one name the last counts.
  std::string_view Raw(std::string_view name) const {
    for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
      if (member->first == name) return member->second == "null" ? "" : member->second;
    }
    return "";
  }

  std::string Text(std::string_view name) {
    const std::string_view raw = Raw(name);
    if (raw.empty()) return "";
    if (!raw.starts_with('"')) Fail();
    return raw.starts_with('"') ? Unescaped(raw.substr(1, raw.size() - 2)) : "";
  }

  // The same, where an event without it means nothing.
  std::string NeededText(std::string_view name) {
    std::string text = Text(name);
    if (text.empty()) Fail();
    return text;
  }

  double Number(std::string_view name, double otherwise) {
    const std::string_view raw = Raw(name);
    double number = 0;
    if (!raw.empty() && !absl::SimpleAtod(Absl(raw), &number)) Fail();
    return number > 0 ? number : otherwise;
  }

  std::vector<std::string_view> List(std::string_view name) {
    const std::string_view raw = Raw(name);
    if (raw.empty()) return {};
    auto elements = ElementsOf(raw);
    if (!elements) Fail();
    return elements ? *std::move(elements) : std::vector<std::string_view>();
  }

 private:
  Members members_;
  bool readable_ = false;
};

EventKind KindOf(std::string_view name) {
  constexpr std::pair<std::string_view, EventKind> kKinds[] = {
      {"welcome", EventKind::kWelcome},
      {"state", EventKind::kState},
      {"unchanged", EventKind::kUnchanged},
      {"patch", EventKind::kPatch},
      {"removed", EventKind::kRemoved},
      {"stale", EventKind::kStale},
      {"subscribed", EventKind::kSubscribed},
      {"unsubscribed", EventKind::kUnsubscribed},
      {"reply", EventKind::kReply},
      {"error", EventKind::kError},
      {"authenticated", EventKind::kAuthenticated},
      {"reconnect", EventKind::kReconnect},
  };
  for (const auto& [known, kind] : kKinds) {
    if (name == known) return kind;
  }
  return EventKind::kOther;
}

Key KeyOf(Reader& reader) { return {reader.Text("entity"), reader.Text("id")}; }

// A row stands there as it is, or as an object that holds its bytes.
Row RowOf(std::string_view json, Reader& event) {
  if (!json.starts_with('{') || json.find("$base64") == std::string_view::npos) {
    return Row(std::string(json));
  }
  Reader row(json);
  if (row.Raw("$base64").empty()) return Row(std::string(json));
  std::string bytes;
  if (!absl::Base64Unescape(row.Text("$base64"), &bytes) || !row.ok()) event.Fail();
  return Row(std::move(bytes));
}

std::vector<Row> RowsOf(Reader& reader, std::string_view name) {
  std::vector<Row> rows;
  for (const std::string_view json : reader.List(name)) rows.push_back(RowOf(json, reader));
  return rows;
}

Welcome WelcomeOf(Reader& reader) {
  Welcome welcome;
  welcome.connection = reader.Text("connection");
  welcome.heartbeat_seconds = reader.Number("heartbeatSeconds", welcome.heartbeat_seconds);
  if (reader.Raw("limits").empty()) return welcome;
  Reader limits(reader.Raw("limits"));
  const auto count = [&](std::string_view name, size_t otherwise) {
    const double number = limits.Number(name, static_cast<double>(otherwise));
    return static_cast<size_t>(std::clamp(number, 1.0, double{1 << 30}));
  };
  welcome.message_bytes = count("messageBytes", welcome.message_bytes);
  welcome.subscriptions_per_message =
      count("subscriptionsPerMessage", welcome.subscriptions_per_message);
  welcome.messages_per_second = limits.Number("messagesPerSecond", 0);
  if (!limits.ok()) reader.Fail();
  return welcome;
}

void ReadResults(Reader& reader, Event& event) {
  for (const std::string_view json : reader.List("results")) {
    Reader result(json);
    const std::string code = result.Text("code");
    event.results.push_back(StatusOf(code, result.Text("message")));
    if (!result.ok()) reader.Fail();
  }
}

void ReadUnsubscribed(Reader& reader, Event& event) {
  for (const std::string_view json : reader.List("keys")) {
    Reader key(json);
    event.keys.push_back(KeyOf(key));
    if (!key.ok()) reader.Fail();
  }
  const std::string code = reader.Text("code");
  event.error = code.empty() || code == "OK"
                    ? absl::PermissionDeniedError("this viewer may not see it")
                    : StatusOf(code, "this viewer may not see it");
}

void ReadError(Reader& reader, Event& event) {
  const std::string code = reader.Text("code");
  std::string message = reader.Text("message");
  if (!reader.Raw("key").empty()) {
    Reader key(reader.Raw("key"));
    const Key named = KeyOf(key);
    absl::StrAppend(&message, " (", named.entity, "/", named.id, ")");
  }
  event.error = StatusOf(code, message);
  if (event.error.ok()) event.error = absl::UnknownError("an error that is none");
}

void ReadEntity(Reader& reader, Event& event) {
  event.key = {reader.NeededText("entity"), reader.NeededText("id")};
  if (event.kind == EventKind::kStale) return;
  event.version = reader.NeededText("version");
  if (event.kind == EventKind::kState) event.rows = RowsOf(reader, "rows");
  if (event.kind != EventKind::kPatch) return;
  event.base = reader.NeededText("base");
  event.patch = ParseJson(reader.Raw("patch"));
  if (event.patch == nullptr || event.patch->list() == nullptr) reader.Fail();
}

void ReadReconnect(Reader& reader, Event& event) {
  // A window that makes no sense is no fault: what follows will tell.
  const auto window = ElementsOf(reader.Raw("afterMs"));
  double begin = -1, end = -1;
  if (window && window->size() >= 2 && absl::SimpleAtod(Absl((*window)[0]), &begin) &&
      absl::SimpleAtod(Absl((*window)[1]), &end) && begin >= 0 && end >= begin &&
      std::isfinite(end)) {
    event.after_ms = {begin, end};
  }
}

void ReadMembers(Reader& reader, Event& event) {
  switch (event.kind) {
    case EventKind::kWelcome:
      event.welcome = WelcomeOf(reader);
      return;
    case EventKind::kState:
    case EventKind::kUnchanged:
    case EventKind::kPatch:
    case EventKind::kRemoved:
    case EventKind::kStale:
      return ReadEntity(reader, event);
    case EventKind::kSubscribed:
      return ReadResults(reader, event);
    case EventKind::kUnsubscribed:
      return ReadUnsubscribed(reader, event);
    case EventKind::kReply:
      event.rows = RowsOf(reader, "replies");
      return;
    case EventKind::kError:
      return ReadError(reader, event);
    case EventKind::kReconnect:
      return ReadReconnect(reader, event);
    case EventKind::kAuthenticated:
    case EventKind::kOther:
      return;
  }
}

}  // namespace

absl::StatusOr<Event> ReadEvent(std::string_view text) {
  Reader reader(text);
  Event event;
  const std::string name = reader.ok() ? reader.NeededText("event") : "";
  event.kind = KindOf(name);
  if (const double ref = reader.Number("ref", 0); ref >= 1 && ref <= 4294967295.0) {
    event.ref = static_cast<uint32_t>(ref);
  }
  if (reader.ok()) ReadMembers(reader, event);
  if (reader.ok()) return event;
  // Not the text itself: it may hold what must not stand in a log.
  return absl::InternalError(
      absl::StrCat("an event of the gateway cannot be read", name.empty() ? "" : ": ", name));
}

absl::Status StatusOf(std::string_view code, std::string_view message) {
  if (code == "OK") return absl::OkStatus();
  for (int number = 1; number <= 16; ++number) {
    const auto known = static_cast<absl::StatusCode>(number);
    if (absl::StatusCodeToString(known) == code) return absl::Status(known, Absl(message));
  }
  if (code.empty()) return absl::UnknownError(Absl(message));
  return absl::UnknownError(absl::StrCat(Absl(code), ": ", Absl(message)));
}

}  // namespace entitysync::client
