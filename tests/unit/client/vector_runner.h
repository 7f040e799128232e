#pragma once

#include <boost/json.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "entitysync/client/client.h"
#include "tests/unit/client/virtual_platform.h"

namespace entitysync::client {

// Plays a conversation of tests/conformance/v1 with the library; the README there says what the
// steps mean. Throws std::runtime_error where the library does something else.
class VectorRunner {
 public:
  void Play(const boost::json::object& vector);

 private:
  using Json = boost::json::value;
  using Step = boost::json::object;

  void Begin(const boost::json::object& vector);
  void Run(const Step& step);
  void Act(const std::string& kind, const Json& value, const Step& step);
  void Talk(const std::string& kind, const Json& value, const Step& step);
  void Api(const Step& step);
  void Listen(const Step& step);
  void Request(const Step& step);
  void Observe(const Step& step);
  void ObserveConnection(const Step& step) const;
  void ExpectMessage(const Json& expected);
  void AnswerToken(const Json& answer);
  void Welcome(const Json& members);
  void Send(const Json& event);

  FakeConnection& NextAttempt();
  FakeConnection& Live();
  double Random();

  // What the library told its user and no step has named yet, by kind and name.
  void See(const std::string& about, Json what) { seen_.emplace_back(about, std::move(what)); }
  Json TakeSeen(const std::string& about);
  void ExpectNothingUnnamed() const;

  // Learns what placeholders stand for, and puts in what they do.
  void Bind(const Json& expected, const Json& actual);
  Json Filled(const Json& value) const;

  FakePlatform platform_;
  size_t attempts_ = 0;  // Handshakes that a step has named.
  std::deque<double> randoms_;
  std::deque<TokenDone> token_calls_;
  std::vector<std::pair<std::string, Json>> seen_;
  std::map<std::string, Json> bound_;
  std::map<std::string, Subscription> subscriptions_;
  std::map<std::string, RequestHandle> requests_;
  std::unique_ptr<Client> client_;
};

}  // namespace entitysync::client
