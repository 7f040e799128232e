#include "tests/unit/client/vector_runner.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "client-sdk/cpp/client_maker.h"
#include "client-sdk/cpp/event.h"

namespace entitysync::client {
namespace {

namespace json = boost::json;

[[noreturn]] void Fail(const std::string& why) { throw std::runtime_error(why); }

void Expect(bool holds, const std::string& why) {
  if (!holds) Fail(why);
}

std::string Text(const json::value& value) { return json::value_to<std::string>(value); }

// As JSON values: 2 is 2.0, and members have no order.
bool Same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.is_array() && b.is_array()) {
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(),
                      b.get_array().end(), Same);
  }
  if (!a.is_object() || !b.is_object()) return a == b;
  const json::object& other = b.get_object();
  return a.get_object().size() == other.size() &&
         std::all_of(a.get_object().begin(), a.get_object().end(), [&](const auto& member) {
           const json::value* same = other.if_contains(member.key());
           return same != nullptr && Same(member.value(), *same);
         });
}

void ExpectSame(const json::value& actual, const json::value& expected) {
  Expect(Same(actual, expected),
         json::serialize(actual) + " instead of " + json::serialize(expected));
}

bool IsPlaceholder(const json::value& value) {
  if (!value.is_string()) return false;
  const json::string& text = value.get_string();
  return text.size() > 1 && text[0] == '$' && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c));
         });
}

// Body as a list, without snapshots that are the default.
json::value Normal(json::value message) {
  json::object& members = message.as_object();
  const json::value action = members["action"];
  if (action != "subscribe" && action != "unsubscribe") return message;
  if (!members["body"].is_array()) members["body"] = json::array{members["body"]};
  for (json::value& item : members["body"].get_array()) {
    const json::value* snapshot = item.as_object().if_contains("snapshot");
    if (snapshot != nullptr && *snapshot != false) item.as_object().erase("snapshot");
  }
  return message;
}

json::value Shown(const Row& row) {
  json::error_code error;
  json::value value = json::parse(row.bytes(), error);
  if (!error) return value;
  return {{"$bytes", absl::Base64Escape(row.bytes())}};
}

json::array Shown(const std::vector<Row>& rows) {
  json::array shown;
  for (const Row& row : rows) shown.push_back(Shown(row));
  return shown;
}

std::string CodeOf(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }

json::object Shown(const EntityState& state) {
  json::object shown{{"status", NameOf(state.status)}};
  if (state.rows) shown["rows"] = Shown(*state.rows);
  if (!state.version.empty()) shown["version"] = state.version;
  if (!state.error.ok()) shown["code"] = CodeOf(state.error);
  return shown;
}

std::chrono::duration<double, std::milli> Milliseconds(Duration time) { return time; }

Duration FromMilliseconds(const json::value& value) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double, std::milli>(value.to_number<double>()));
}

json::object DefaultWelcome() {
  return {{"event", "welcome"},
          {"connection", "c1"},
          {"protocol", kSubprotocol},
          {"heartbeatSeconds", 25},
          {"limits",
           {{"messageBytes", 1048576},
            {"subscriptions", 10000},
            {"subscriptionsPerMessage", 1000},
            {"messagesPerSecond", 0}}}};
}

bool IsAct(const std::string& kind) {
  for (const char* act : {"welcome", "gateway", "gateway_text", "gateway_unordered", "close",
                          "drop", "refuse", "advance_ms", "environment", "token"}) {
    if (kind == act) return true;
  }
  return false;
}

}  // namespace

void VectorRunner::Play(const json::object& vector) {
  Begin(vector);
  size_t number = 0;
  for (const json::value& step : vector.at("steps").as_array()) {
    ++number;
    try {
      Run(step.as_object());
    } catch (const std::exception& error) {
      Fail("step " + std::to_string(number) + ", " + json::serialize(step) + ": " + error.what());
    }
  }
  platform_.scheduler->Settle();
  ExpectNothingUnnamed();
  client_->Close();
  platform_.scheduler->Settle();
  Expect(platform_.scheduler->pending() == 0, "a closed client has timers");
}

void VectorRunner::Begin(const json::object& vector) {
  ClientOptions options;
  options.on_error = [this](const absl::Status& error) {
    See("error", {{"code", CodeOf(error)}, {"message", std::string(error.message())}});
  };
  if (const auto* given = vector.if_contains("options")) {
    if (const auto* token = given->as_object().if_contains("token"); token == nullptr) {
    } else if (token->is_string()) {
      options.token = Text(*token);
    } else {
      options.token =
          TokenFunction([this](TokenDone done) { token_calls_.push_back(std::move(done)); });
    }
  }
  platform_.random = [this] { return Random(); };
  client_ = ClientMaker::Make(options, platform_.Make());
}

void VectorRunner::Run(const Step& step) {
  const std::string kind = step.begin()->key();
  if (kind == "app") return;
  if (kind == "api") return Api(step);  // Such steps share a turn.
  platform_.scheduler->Settle();
  // A token answers a call, which is what it expects; all others that act expect nothing.
  if (IsAct(kind) && kind != "token" && kind != "refuse") ExpectNothingUnnamed();
  Act(kind, step.begin()->value(), step);
}

void VectorRunner::Act(const std::string& kind, const Json& value, const Step& step) {
  if (kind == "random") return randoms_.push_back(value.to_number<double>());
  if (kind == "advance_ms") return platform_.scheduler->Advance(FromMilliseconds(value));
  if (kind == "environment") {
    return value == "visible" ? client_->CheckNow() : client_->SetOnline(value == "online");
  }
  if (kind == "token") return AnswerToken(value);
  if (kind == "observe") return Observe(step);
  Talk(kind, value, step);
}

void VectorRunner::Talk(const std::string& kind, const Json& value, const Step& step) {
  if (kind == "accept") {
    NextAttempt();
  } else if (kind == "refuse") {
    NextAttempt().End(1006);
  } else if (kind == "welcome") {
    Welcome(value);
  } else if (kind == "client") {
    ExpectMessage(value);
  } else if (kind == "gateway") {
    Send(value);
  } else if (kind == "gateway_text") {
    Live().Text(Text(value));
  } else if (kind == "gateway_unordered") {
    for (const Json& event : value.as_array()) Send(event);
  } else if (kind == "close") {
    const Json* reason = step.if_contains("reason");
    Live().End(value.to_number<int>(), reason == nullptr ? "" : Text(*reason));
  } else if (kind == "drop") {
    Live().End(1006);
  } else if (kind == "client_close") {
    Expect(attempts_ > 0, "there is no connection");
    auto& closed_with = platform_.connections[attempts_ - 1]->closed_with;
    Expect(closed_with == value.to_number<int>(), "it has not closed with this code");
    closed_with = -1;  // Named.
  } else {
    Fail("there is no such step");
  }
}

void VectorRunner::Api(const Step& step) {
  const std::string api = Text(step.at("api"));
  const std::string name = step.contains("as") ? Text(step.at("as")) : "";
  if (api == "listen") {
    Listen(step);
  } else if (api == "unlisten") {
    subscriptions_.at(name).Reset();
  } else if (api == "authenticate") {
    std::optional<Token> token;
    if (const Json* text = step.if_contains("token")) token = Text(*text);
    client_->Authenticate(std::move(token), [this, name](const absl::Status& status) {
      See((status.ok() ? "authenticated " : "failed ") + name, {{"code", CodeOf(status)}});
    });
  } else if (api == "request") {
    Request(step);
  } else if (api == "abort") {
    requests_.at(name).Cancel();
  } else if (api == "close") {
    client_->Close();
  } else {
    Fail("there is no such api");
  }
}

void VectorRunner::Listen(const Step& step) {
  const std::string name = Text(step.at("as"));
  WatchOptions options;
  if (const Json* rate = step.if_contains("maxRate")) options.max_rate = rate->to_number<double>();
  if (const Json* snapshot = step.if_contains("snapshot")) options.snapshot = snapshot->as_bool();
  subscriptions_[name] =
      client_->Entity(Text(step.at("entity")), Text(step.at("id")))
          .Subscribe([this, name](const EntityState& state) { See("state " + name, Shown(state)); },
                     options);
}

void VectorRunner::Request(const Step& step) {
  const std::string name = Text(step.at("as"));
  std::optional<std::chrono::milliseconds> timeout;
  if (const Json* given = step.if_contains("timeoutMs")) {
    timeout = std::chrono::milliseconds(given->to_number<int>());
  }
  requests_[name] =
      client_->Request(json::serialize(step.at("data")), timeout,
                       [this, name](const absl::StatusOr<std::vector<Row>>& replies) {
                         if (replies.ok()) {
                           See("reply " + name, {{"replies", Shown(*replies)}});
                         } else {
                           See("failed " + name, {{"code", CodeOf(replies.status())}});
                         }
                       });
}

void VectorRunner::Observe(const Step& step) {
  const std::string kind = Text(step.at("observe"));
  if (kind == "connection") return ObserveConnection(step);
  json::object expected = Filled(step).as_object();
  const std::string name = expected.contains("as") ? " " + Text(expected["as"]) : "";
  expected.erase("observe");
  expected.erase("as");
  const json::object seen = TakeSeen(kind + name).as_object();
  for (const auto& member : expected) {
    const Json* actual = seen.if_contains(member.key());
    Expect(actual != nullptr, "there is no " + std::string(member.key()));
    ExpectSame(*actual, member.value());
  }
  if (kind == "state") Expect(seen.contains("rows") == expected.contains("rows"), "other rows");
}

void VectorRunner::ObserveConnection(const Step& step) const {
  const ConnectionState& state = client_->connection();
  json::object shown{{"observe", "connection"}, {"status", NameOf(state.status)}};
  if (step.contains("code")) shown["code"] = state.code.value_or(0);
  if (step.contains("reason")) shown["reason"] = state.reason;
  if (step.contains("retryInMs")) shown["retryInMs"] = Milliseconds(state.retry_in).count();
  ExpectSame(shown, step);
}

void VectorRunner::ExpectMessage(const Json& expected) {
  Expect(attempts_ > 0, "there is no connection");
  auto& frames = platform_.connections[attempts_ - 1]->frames;
  Expect(!frames.empty(), "it has sent nothing (more)");
  const Json frame = json::parse(frames.front());
  frames.pop_front();
  Bind(expected, frame);
  ExpectSame(Normal(frame), Normal(Filled(expected)));
}

void VectorRunner::AnswerToken(const Json& answer) {
  Expect(!token_calls_.empty(), "it has not asked for a token");
  const TokenDone done = std::move(token_calls_.front());
  token_calls_.pop_front();
  if (answer.is_string()) return done(Text(answer));
  done(absl::UnknownError(Text(answer.at("fails"))));
}

void VectorRunner::Welcome(const Json& members) {
  json::object welcome = DefaultWelcome();
  for (const auto& member : members.as_object()) {
    if (member.key() != "limits") {
      welcome[member.key()] = member.value();
      continue;
    }
    for (const auto& limit : member.value().as_object()) {
      welcome["limits"].as_object()[limit.key()] = limit.value();
    }
  }
  Send(welcome);
}

void VectorRunner::Send(const Json& event) { Live().Text(json::serialize(Filled(event))); }

FakeConnection& VectorRunner::NextAttempt() {
  Expect(attempts_ < platform_.connections.size(), "it has not begun a handshake");
  FakeConnection& connection = *platform_.connections[attempts_++];
  Expect(connection.subprotocol == kSubprotocol, "it offers another subprotocol");
  return connection;
}

FakeConnection& VectorRunner::Live() {
  Expect(attempts_ > 0 && platform_.connections[attempts_ - 1]->IsLive(), "there is no connection");
  return *platform_.connections[attempts_ - 1];
}

double VectorRunner::Random() {
  if (randoms_.empty()) {
    See("a random number that no step gives", nullptr);
    return 0;
  }
  const double random = randoms_.front();
  randoms_.pop_front();
  return random;
}

json::value VectorRunner::TakeSeen(const std::string& about) {
  const auto seen =
      std::find_if(seen_.begin(), seen_.end(), [&](const auto& one) { return one.first == about; });
  Expect(seen != seen_.end(), "it has not told: " + about);
  Json what = std::move(seen->second);
  seen_.erase(seen);
  return what;
}

void VectorRunner::ExpectNothingUnnamed() const {
  Expect(attempts_ == platform_.connections.size(), "it has begun a handshake");
  for (const auto& connection : platform_.connections) {
    Expect(connection->frames.empty(), "it sent more than the file says");
    Expect(connection->closed_with.value_or(-1) == -1, "it has closed a connection");
  }
  Expect(token_calls_.empty(), "it has asked for a token");
  for (const auto& [about, what] : seen_) {
    Fail("it told more than the file says: " + about + " " + json::serialize(what));
  }
}

void VectorRunner::Bind(const Json& expected, const Json& actual) {
  if (IsPlaceholder(expected)) {
    const std::string name = Text(expected);
    if (name[1] == 'r') bound_.try_emplace(name, actual);
  } else if (expected.is_object() && actual.is_object()) {
    for (const auto& member : expected.get_object()) {
      const Json* part = actual.get_object().if_contains(member.key());
      if (part != nullptr) Bind(member.value(), *part);
    }
  } else if (expected.is_array() && actual.is_array()) {
    for (size_t i = 0; i < expected.get_array().size() && i < actual.get_array().size(); ++i) {
      Bind(expected.get_array()[i], actual.get_array()[i]);
    }
  }
}

json::value VectorRunner::Filled(const Json& value) const {
  if (IsPlaceholder(value)) {
    const std::string name = Text(value);
    const auto bound = bound_.find(name);
    if (bound != bound_.end()) return bound->second;
    Expect(name[1] != 'r', name + " is not bound");
    return Json("made up for " + name);
  }
  if (value.is_array()) {
    json::array filled;
    for (const Json& element : value.get_array()) filled.push_back(Filled(element));
    return filled;
  }
  if (!value.is_object()) return value;
  json::object filled;
  for (const auto& member : value.get_object()) filled[member.key()] = Filled(member.value());
  return filled;
}

}  // namespace entitysync::client
