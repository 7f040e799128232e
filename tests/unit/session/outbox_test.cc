#include "gateway/session/outbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "gateway/protocol/classic.h"

namespace entitysync::session {
namespace {

hub::StatePtr State(const std::string& row) {
  auto state = std::make_shared<hub::State>();
  state->hash = base::HashRows({row});
  state->classic = protocol::EncodeClassic({row}).frame;
  return state;
}

std::string NextRow(Outbox& outbox) {
  const hub::StatePtr state = outbox.Next();
  return state == nullptr ? "nothing" : state->classic->substr(2);
}

TEST(OutboxTest, KeepsTheNewestStateOfEachKeyInOrderOfFirstBecomingDirty) {
  Outbox outbox;
  EXPECT_FALSE(outbox.Put(0, State("a1")));
  EXPECT_FALSE(outbox.Put(1, State("b1")));
  EXPECT_TRUE(outbox.Put(0, State("a2")));
  EXPECT_EQ(NextRow(outbox), "a2");
  EXPECT_EQ(NextRow(outbox), "b1");
  EXPECT_EQ(NextRow(outbox), "nothing");
}

TEST(OutboxTest, StandsInLineOncePerKeyHoweverOftenItChanges) {
  Outbox outbox;
  for (int i = 0; i < 1000; ++i) {
    outbox.Put(0, State(std::to_string(i)));
    outbox.Purge(0);
    outbox.Put(1, State(std::to_string(i)));
  }
  EXPECT_EQ(outbox.queued(), 2u);
}

TEST(OutboxTest, AStateThatGoesThereAndBackWhileWaitingIsNotSent) {
  Outbox outbox;
  outbox.Put(0, State("a"));
  EXPECT_EQ(NextRow(outbox), "a");
  outbox.Put(0, State("b"));
  outbox.Put(0, State("a"));
  EXPECT_EQ(NextRow(outbox), "nothing");
}

TEST(OutboxTest, PurgedStatesAreGoneAndTheirPlaceIsUsable) {
  Outbox outbox;
  outbox.Put(0, State("a"));
  EXPECT_TRUE(outbox.Purge(0));
  EXPECT_FALSE(outbox.Purge(0));
  EXPECT_FALSE(outbox.Purge(77));
  outbox.Put(0, State("b"));
  EXPECT_EQ(NextRow(outbox), "b");
  EXPECT_EQ(NextRow(outbox), "nothing");
}

TEST(OutboxTest, AfterAResetTheSameContentIsSentAgain) {
  Outbox outbox;
  outbox.Put(0, State("a"));
  EXPECT_EQ(NextRow(outbox), "a");
  outbox.Reset(0);
  outbox.Put(0, State("a"));
  EXPECT_EQ(NextRow(outbox), "a");
}

}  // namespace
}  // namespace entitysync::session
