#pragma once

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "client-sdk/cpp/client_maker.h"
#include "entitysync/client/client.h"
#include "tests/unit/client/virtual_platform.h"

namespace entitysync::client {

inline constexpr char kWelcome[] = R"({"event":"welcome","connection":"c1"})";

inline std::string StateEvent(const std::string& id, const std::string& version,
                              const std::string& rows) {
  return absl::StrCat(R"({"event":"state","entity":"items","id":")", id, R"(","version":")",
                      version, R"(","rows":)", rows, "}");
}

// A client whose time, chance and gateway are the test's.
class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    options_.on_error = [this](const absl::Status& error) { errors_.push_back(error); };
  }

  void Make() { client_ = ClientMaker::Make(options_, platform_.Make()); }

  void Open() {
    if (client_ == nullptr) Make();
    Settle();
    Say(kWelcome);
  }

  void Settle() { platform_.scheduler->Settle(); }
  FakeConnection& Gateway() { return *platform_.connections.back(); }

  void Say(const std::string& event) {
    Gateway().Text(event);
    Settle();
  }

  // What the client said since the last look.
  std::vector<boost::json::object> Heard() {
    Settle();
    std::vector<boost::json::object> heard;
    for (const std::string& frame : Gateway().frames) {
      heard.push_back(boost::json::parse(frame).as_object());
    }
    Gateway().frames.clear();
    return heard;
  }

  // Watches, and notes what is told as "live [1]".
  Subscription Watch(const std::string& id, WatchOptions options = {}) {
    return client_->Entity("items", id)
        .Subscribe([this](const EntityState& state) { told_.push_back(Shown(state)); }, options);
  }

  static std::string Shown(const EntityState& state) {
    std::string shown = NameOf(state.status);
    if (!state.rows) return shown;
    for (const Row& row : *state.rows) shown += " " + row.bytes();
    return shown;
  }

  using Told = std::vector<std::string>;

  FakePlatform platform_;
  ClientOptions options_;
  std::unique_ptr<Client> client_;
  std::vector<absl::Status> errors_;
  Told told_;
};

}  // namespace entitysync::client
