#pragma once

// The contract of BusLink as tests. A project with a bus of its own includes this header in one
// test file of a GoogleTest program and names its bus:
//
//   INSTANTIATE_TEST_SUITE_P(MyBus, BusContract, ::testing::Values(BusContractParam{
//       .name = "MyBus", .make_bus = [] { return MyContractBus(); }}), BusContractName);
//
// inside namespace entitysync::bus. Every test makes a bus, and links on it, anew; a bus that
// outlives the test (a server) may be used for all, since every test uses its own subjects.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "entitysync/gateway/bus_contract_client.h"
#include "entitysync/gateway/bus_link.h"

namespace entitysync::bus {

// What the tests need of a bus.
struct ContractBus {
  // A new link on the bus, not started. Links are gone before the ContractBus is.
  std::function<std::unique_ptr<BusLink>()> new_link;
  // Take the bus away from all links, and give it back. Both, or neither: then the tests about lost
  // connections are skipped.
  std::function<void()> cut = nullptr;
  std::function<void()> restore = nullptr;
};

struct BusContractParam {
  std::string name;
  std::function<ContractBus()> make_bus;
};

// Keeps addresses out of the tests' names.
inline void PrintTo(const BusContractParam& param, std::ostream* out) { *out << param.name; }

inline std::string BusContractName(const ::testing::TestParamInfo<BusContractParam>& info) {
  return info.param.name;
}

class BusContract : public ::testing::TestWithParam<BusContractParam> {
 protected:
  BusContract() : bus_(GetParam().make_bus()) {}

  // A started link that is connected and whose subscriptions the bus is known to serve.
  std::unique_ptr<ContractClient> NewClient(std::vector<std::string> subscriptions) {
    auto client = std::make_unique<ContractClient>(bus_.new_link(), Subject("_sync"));
    EXPECT_TRUE(client->Start(std::move(subscriptions)).ok());
    EXPECT_TRUE(client->WaitForEcho()) << "a new link did not hear its own message";
    return client;
  }

  // `rest` below a prefix that no other test uses.
  std::string Subject(const std::string& rest) const { return prefix_ + "." + rest; }

  static std::vector<std::string> SubjectsOf(const ContractClient& client) {
    std::vector<std::string> subjects;
    for (ContractMessage& message : client.Messages()) {
      subjects.push_back(std::move(message.subject));
    }
    return subjects;
  }

  ContractBus bus_;

 private:
  const std::string prefix_ = ContractClient::UniqueToken();
};

TEST_P(BusContract, ALinkHearsItself) {
  const auto client = NewClient({Subject("a")});
  ASSERT_TRUE(client->Publish(Subject("a"), "hello").ok());
  ASSERT_TRUE(client->WaitForMessages(1));
  EXPECT_EQ(client->Messages()[0], (ContractMessage{Subject("a"), "hello"}));
}

TEST_P(BusContract, EveryoneHears) {
  const auto one = NewClient({Subject("a")});
  const auto two = NewClient({Subject("a")});
  const auto three = NewClient({Subject("a")});
  ASSERT_TRUE(two->Publish(Subject("a"), "hello").ok());
  for (const auto* client : {&one, &two, &three}) {
    EXPECT_TRUE((*client)->WaitForMessages(1));
  }
}

TEST_P(BusContract, AWildcardHearsWhatHasItsBeginningAndATokenMore) {
  const auto client = NewClient({Subject("a.>")});
  const std::vector<std::string> heard = {Subject("a.b"), Subject("a.b.c"), Subject("a._")};
  for (const char* other : {"a", "ab", "ab.c", "b", "b.a.c"}) {
    ASSERT_TRUE(client->Publish(Subject(other), "not for us").ok());
  }
  for (const std::string& subject : heard) ASSERT_TRUE(client->Publish(subject, "").ok());
  ASSERT_TRUE(client->WaitForEcho());
  EXPECT_EQ(SubjectsOf(*client), heard);
}

TEST_P(BusContract, ASubscriptionWithoutAWildcardIsExact) {
  const auto client = NewClient({Subject("a.b")});
  for (const char* other : {"a", "a.b.c", "a.bc", "A.b"}) {
    ASSERT_TRUE(client->Publish(Subject(other), "not for us").ok());
  }
  ASSERT_TRUE(client->Publish(Subject("a.b"), "").ok());
  ASSERT_TRUE(client->WaitForEcho());
  EXPECT_EQ(SubjectsOf(*client), std::vector<std::string>{Subject("a.b")});
}

TEST_P(BusContract, OtherPrefixesAreNotHeard) {
  const auto client = NewClient({Subject("change.>")});
  const auto neighbour = NewClient({});
  ASSERT_TRUE(neighbour->Publish(Subject("x") + ".change.a", "foreign").ok());
  ASSERT_TRUE(neighbour->Publish("x" + Subject("change.a"), "foreign").ok());
  ASSERT_TRUE(neighbour->WaitForEcho());
  ASSERT_TRUE(client->WaitForEcho());
  EXPECT_TRUE(SubjectsOf(*client).empty());
}

TEST_P(BusContract, OrderHoldsAcrossSubjectsAndSubscriptions) {
  const auto listener = NewClient({Subject("change.>"), Subject("ack")});
  const auto publisher = NewClient({});
  constexpr int kMessages = 20'000;
  for (int i = 0; i < kMessages; ++i) {
    const std::string subject =
        i % 3 == 0 ? Subject("ack") : Subject("change.p" + std::to_string(i % 7));
    ASSERT_TRUE(publisher->PublishPatiently(subject, std::to_string(i)));
  }
  ASSERT_TRUE(listener->WaitForMessages(kMessages));
  const std::vector<ContractMessage> messages = listener->Messages();
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(messages[i].payload, std::to_string(i));
}

TEST_P(BusContract, OrderOfEachThreadHoldsWhenManyPublish) {
  const auto client = NewClient({Subject("t.>"), Subject("u.>")});
  constexpr int kThreads = 4;
  constexpr int kPerThread = 5'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPerThread; ++i) {
        const std::string subject = Subject((i % 2 ? "t." : "u.") + std::to_string(t));
        EXPECT_TRUE(client->PublishPatiently(subject, std::to_string(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(client->WaitForMessages(kThreads * kPerThread));
  std::vector<int> next(kThreads, 0);
  for (const ContractMessage& message : client->Messages()) {
    const int t = message.subject.back() - '0';
    ASSERT_EQ(message.payload, std::to_string(next.at(t)++));
  }
}

TEST_P(BusContract, PayloadsArriveByteForByte) {
  const auto client = NewClient({Subject("a")});
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  std::string largest;
  while (largest.size() < 512 * 1024) largest += every_byte;
  const std::vector<std::string> payloads = {"", every_byte, largest, "", "\r\n", "last"};
  for (const std::string& payload : payloads) {
    ASSERT_TRUE(client->Publish(Subject("a"), payload).ok());
  }
  ASSERT_TRUE(client->WaitForMessages(payloads.size()));
  for (size_t i = 0; i < payloads.size(); ++i) {
    // Not EXPECT_EQ, which would print half a megabyte.
    EXPECT_TRUE(client->Messages()[i].payload == payloads[i]) << "payload " << i;
  }
}

TEST_P(BusContract, SubjectsOfTheFullLengthWork) {
  const std::string subject = Subject(std::string(700 - Subject("").size(), 'x'));
  const auto client = NewClient({subject});
  ASSERT_TRUE(client->Publish(subject, "hello").ok());
  EXPECT_TRUE(client->WaitForMessages(1));
}

TEST_P(BusContract, WhatCanNeverWorkIsRefused) {
  ContractClient listener(bus_.new_link(), Subject("_sync"));
  EXPECT_EQ(listener.Start({Subject("a b")}).code(), absl::StatusCode::kInvalidArgument);
  const auto client = NewClient({Subject("a")});
  for (const std::string& bad : {std::string(), Subject(">"), Subject("a b"), Subject("a..b")}) {
    EXPECT_EQ(client->Publish(bad, "").code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  const std::string too_large(512 * 1024 + 1, 'x');
  EXPECT_EQ(client->Publish(Subject("a"), too_large).code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(BusContract, TheListenerIsNeverCalledInsidePublishAndNeverTwiceAtOnce) {
  const auto client = NewClient({Subject("a.>"), Subject("b.>")});
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(client->PublishPatiently(Subject(i % 2 ? "a.x" : "b.x"), "x"));
  }
  ASSERT_TRUE(client->WaitForMessages(2'000));
  EXPECT_FALSE(client->Record().called_inside_publish);
  EXPECT_FALSE(client->Record().called_twice_at_once);
}

TEST_P(BusContract, AListenerMayPublish) {
  const auto client = NewClient({Subject("question"), Subject("answer")});
  client->SetReaction([&](const ContractMessage& message) {
    if (message.payload == "?") {
      EXPECT_TRUE(client->Publish(Subject("answer"), "!").ok());
    }
  });
  ASSERT_TRUE(client->Publish(Subject("question"), "?").ok());
  ASSERT_TRUE(client->WaitForMessages(2));
  EXPECT_EQ(client->Messages()[1].payload, "!");
}

TEST_P(BusContract, NothingIsAcceptedBeforeTheFirstConnection) {
  ContractClient client(bus_.new_link(), Subject("_sync"));
  if (bus_.cut) bus_.cut();
  ASSERT_TRUE(client.Start({Subject("a")}).ok());
  if (bus_.cut) {
    EXPECT_EQ(client.Publish(Subject("a"), "early").code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(client.Connection(), 0u);
    bus_.restore();
  }
  ASSERT_TRUE(client.WaitForConnects(1));
  EXPECT_GT(client.Connection(), 0u);
  EXPECT_EQ(client.Connection(), client.Record().connection_at_last_connect);
  ASSERT_TRUE(client.WaitForEcho());
  EXPECT_TRUE(client.Messages().empty());
}

TEST_P(BusContract, AfterStopTheListenerIsLeftAlone) {
  const auto noisy = NewClient({});
  const auto client = NewClient({Subject("a")});
  std::promise<void> stop;
  auto noise = std::async(std::launch::async, [&, ended = stop.get_future()] {
    while (ended.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      (void)noisy->PublishPatiently(Subject("a"), "noise");
    }
  });
  EXPECT_TRUE(client->WaitForMessages(100));
  client->Stop();
  const uint64_t calls = client->Record().calls;
  EXPECT_TRUE(noisy->WaitForEcho());
  EXPECT_EQ(client->Record().calls, calls);
  stop.set_value();
  noise.wait();
}

TEST_P(BusContract, StopSendsWhatWasAccepted) {
  const auto listener = NewClient({Subject("a")});
  const auto leaver = NewClient({});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(leaver->Publish(Subject("a"), "x").ok());
  leaver->Stop();
  EXPECT_TRUE(listener->WaitForMessages(100));
}

TEST_P(BusContract, ALostBusIsReportedAndRefusesUntilItIsBack) {
  if (!bus_.cut) GTEST_SKIP() << "this bus cannot be cut";
  const auto client = NewClient({Subject("a")});
  const uint64_t before = client->Connection();
  bus_.cut();
  ASSERT_TRUE(client->WaitForDisconnects(1));
  EXPECT_EQ(client->Publish(Subject("a"), "lost").code(), absl::StatusCode::kUnavailable);
  bus_.restore();
  ASSERT_TRUE(client->WaitForConnects(2));
  EXPECT_GT(client->Connection(), before);
  EXPECT_EQ(client->Connection(), client->Record().connection_at_last_connect);
  EXPECT_TRUE(client->WaitForEcho()) << "the subscriptions did not survive";
  EXPECT_TRUE(SubjectsOf(*client).empty()) << "a refused message was sent all the same";
}

// The rule by which a gateway answers OK: it publishes a message and then an ack, and trusts the
// ack only if it comes back under the connection under which the message was accepted.
TEST_P(BusContract, AnAckUnderTheSameConnectionProvesWhatCameBefore) {
  if (!bus_.cut) GTEST_SKIP() << "this bus cannot be cut";
  constexpr size_t kMostUnderWay = 2'000;
  const auto client = NewClient({Subject("change.>"), Subject("ack")});
  for (uint64_t cuts = 1; cuts <= 3; ++cuts) {
    std::thread cutter([&] {
      EXPECT_TRUE(client->WaitForMessages(client->MessageCount() + 100));
      bus_.cut();
    });
    const size_t heard = client->MessageCount();
    size_t accepted = 0;
    for (int i = 0; client->Disconnects() < cuts; ++i) {
      if (client->MessageCount() + kMostUnderWay < heard + accepted) {
        std::this_thread::yield();  // No bus need hold all that one thread can publish.
        continue;
      }
      const std::string payload = std::to_string(client->Connection()) + "/" + std::to_string(i);
      if (client->Publish(Subject("change.a"), payload).ok()) {
        accepted += client->Publish(Subject("ack"), payload).ok() ? 2 : 1;
      }
    }
    cutter.join();
    bus_.restore();
    ASSERT_TRUE(client->WaitForConnects(cuts + 1));
  }
  ASSERT_TRUE(client->WaitForEcho());
  std::set<std::string> changes;
  size_t proofs = 0;
  for (const ContractMessage& message : client->Messages()) {
    if (message.subject == Subject("change.a")) {
      changes.insert(message.payload);
    } else if (message.payload.starts_with(std::to_string(message.connection) + "/")) {
      ++proofs;
      EXPECT_TRUE(changes.contains(message.payload)) << message.payload;
    }
  }
  EXPECT_GT(proofs, 0u);
}

}  // namespace entitysync::bus
