#include "gateway/changelog/bus_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/changelog/subjects.h"

namespace entitysync::changelog {
namespace {

const Origin kOrigin{"r1", 1'700'000'000'000};

// The bytes are what replicas of other releases read and write: they must never change.
TEST(BusCodecTest, GoldenBytes) {
  const BatchBody batch{3, {{{"items", "a.b"}, 7}, {{"items", ">"}, std::nullopt}}};
  EXPECT_EQ(EncodeBusMessage(kOrigin, batch),
            std::string("\x08\x01\x12\x0b\x0a\x02r1\x10\x80\xd0\x95\xff\xbc\x31\x18\x03\x22\x15"
                        "\x0a\x05items\x12\x07\x0a\x03"
                        "a.b\x10\x07\x12\x03\x0a\x01>",
                        40));
}

TEST(BusCodecTest, EveryBodyComesBack) {
  const auto batch = DecodeBusMessage(
      EncodeBusMessage(kOrigin, BatchBody{3, {{{"items", "1"}, 0}, {{"items", "2"}, {}}}}));
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(batch->origin, kOrigin);
  const auto& body = std::get<BatchBody>(batch->body);
  EXPECT_EQ(body.number, 3u);
  ASSERT_EQ(body.changes.size(), 2u);
  EXPECT_EQ(body.changes[0].key, (base::EntityKey{"items", "1"}));
  EXPECT_EQ(body.changes[0].version, 0u) << "zero is a version";
  EXPECT_EQ(body.changes[1].version, std::nullopt);

  const auto heartbeat = DecodeBusMessage(EncodeBusMessage(kOrigin, HeartbeatBody{9}));
  EXPECT_EQ(std::get<HeartbeatBody>(heartbeat->body).last_number, 9u);
  const auto goodbye = DecodeBusMessage(EncodeBusMessage(kOrigin, GoodbyeBody{9}));
  EXPECT_EQ(std::get<GoodbyeBody>(goodbye->body).last_number, 9u);
  const auto ack = DecodeBusMessage(EncodeBusMessage(kOrigin, AckBody{5}));
  EXPECT_EQ(std::get<AckBody>(ack->body).round, 5u);
}

TEST(BusCodecTest, WhatIsNoBusMessageIsRefused) {
  EXPECT_FALSE(DecodeBusMessage("").ok());
  EXPECT_FALSE(DecodeBusMessage("hello").ok());
  EXPECT_FALSE(DecodeBusMessage(EncodeBusMessage({"", 1}, AckBody{1})).ok());
}

TEST(BusCodecTest, ALaterSchemaIsUnderstoodAsFarAsItGoes) {
  std::string bytes = EncodeBusMessage(kOrigin, BatchBody{1, {{{"items", "1"}, {}}}});
  bytes[1] = 2;                             // schema_version
  bytes += std::string("\xf8\x07\x05", 3);  // Field 127, unknown to us.
  const auto decoded = DecodeBusMessage(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(decoded->newer_schema);
  EXPECT_EQ(std::get<BatchBody>(decoded->body).changes.size(), 1u);
}

TEST(SubjectsTest, PrefixesAndTypesAreSingleTokens) {
  const Subjects subjects("a.change", "r1");
  EXPECT_EQ(subjects.all_changes(), "a_2Echange.change.>");
  EXPECT_EQ(subjects.Change("shop.items"), "a_2Echange.change.shop_2Eitems.0");
  EXPECT_EQ(subjects.control(), "a_2Echange.change._.0");
  EXPECT_EQ(subjects.ack(), "a_2Echange.ack.r1");
  EXPECT_NE(Subjects("a", "r1").Change("_"), Subjects("a", "r1").control());
}

}  // namespace
}  // namespace entitysync::changelog
