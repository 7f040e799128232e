#include "gateway/bus/connection_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace entitysync::bus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ConnectionReportTest : public ::testing::Test, public BusListener {
 protected:
  void OnMessage(std::string_view, std::string_view) override {}
  void OnConnected() override { said.push_back("up " + std::to_string(report.number())); }
  void OnDisconnected() override { said.push_back("down"); }
  void OnDropped(uint64_t) override {}

  ConnectionReport report;
  std::vector<std::string> said;
};

TEST_F(ConnectionReportTest, SaysNothingBeforeTheFirstConnection) {
  report.Update(0, false, *this);
  report.Update(1, false, *this);  // Begun, never up.
  EXPECT_THAT(said, IsEmpty());
  EXPECT_EQ(report.number(), 0u);
  EXPECT_FALSE(report.up());
}

TEST_F(ConnectionReportTest, SaysEveryChangeOnce) {
  report.Update(1, true, *this);
  report.Update(1, true, *this);
  report.Update(1, false, *this);
  report.Update(1, false, *this);
  report.Update(2, true, *this);
  EXPECT_THAT(said, ElementsAre("up 1", "down", "up 2"));
}

TEST_F(ConnectionReportTest, AConnectionLostAndRegainedUnseenIsReportedAsBoth) {
  report.Update(1, true, *this);
  report.Update(3, true, *this);
  EXPECT_THAT(said, ElementsAre("up 1", "down", "up 3"));
}

TEST_F(ConnectionReportTest, TheNumberGrowsBeforeTheNewConnectionIsUp) {
  report.Update(1, true, *this);
  report.Update(2, false, *this);
  EXPECT_EQ(report.number(), 2u);
  EXPECT_FALSE(report.up());
  EXPECT_THAT(said, ElementsAre("up 1", "down"));
}

}  // namespace
}  // namespace entitysync::bus
