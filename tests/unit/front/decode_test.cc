#include "gateway/front/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "entitysync/v1/gateway.pb.h"

namespace entitysync::front {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMaxChanges = 3;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

v1::NotifyChangesRequest RequestOf(int count) {
  v1::NotifyChangesRequest request;
  for (int i = 0; i < count; ++i) {
    v1::Change& change = *request.add_changes();
    change.mutable_key()->set_entity("items");
    change.mutable_key()->set_id(std::to_string(i));
    if (i % 2 == 1) change.set_version(static_cast<uint64_t>(i));
  }
  request.set_sequence(7);
  return request;
}

TEST(DecodeTest, TakesAsManyChangesAsTheLimitAndTheSequence) {
  RequestView view;
  ASSERT_TRUE(view.Decode(Buffer(RequestOf(3).SerializeAsString()), kMaxChanges).ok());
  EXPECT_EQ(view.sequence(), 7u);
  ASSERT_EQ(view.changes().size(), 3u);
  EXPECT_EQ(view.changes()[1].entity, "items");
  EXPECT_EQ(view.changes()[1].id, "1");
  EXPECT_EQ(view.changes()[1].version, 1u);
  EXPECT_EQ(view.changes()[2].id, "2");
  EXPECT_EQ(view.changes()[2].version, std::nullopt);
}

TEST(DecodeTest, ARequestInPiecesIsTheSame) {
  const std::string bytes = RequestOf(3).SerializeAsString();
  const grpc::Slice pieces[] = {grpc::Slice(bytes.substr(0, 5)), grpc::Slice(bytes.substr(5))};
  RequestView view;
  ASSERT_TRUE(view.Decode(grpc::ByteBuffer(pieces, 2), kMaxChanges).ok());
  EXPECT_EQ(view.changes()[2].id, "2");
  EXPECT_EQ(view.sequence(), 7u);
}

TEST(DecodeTest, AViewIsUsedAgain) {
  RequestView view;
  ASSERT_TRUE(view.Decode(Buffer(RequestOf(3).SerializeAsString()), kMaxChanges).ok());
  v1::NotifyChangeRequest call;
  *call.add_changes() = RequestOf(2).changes(1);
  ASSERT_TRUE(view.Decode(Buffer(call.SerializeAsString()), kMaxChanges).ok());
  EXPECT_EQ(view.changes().size(), 1u);
  EXPECT_EQ(view.sequence(), 0u);
}

TEST(DecodeTest, MoreThanTheLimitAreCountedAndNotKept) {
  RequestView view;
  const absl::Status status = view.Decode(Buffer(RequestOf(5).SerializeAsString()), kMaxChanges);
  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()), HasSubstr("5 changes, more than the limit of 3"));
  EXPECT_EQ(view.changes().size(), 3u);
  EXPECT_EQ(view.sequence(), 7u) << "what a stream needs to name the request in its answer";
}

TEST(DecodeTest, ARequestWithoutChangesIsInvalid) {
  RequestView view;
  const absl::Status status = view.Decode(Buffer(""), kMaxChanges);
  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no changes"));
}

TEST(DecodeTest, DamagedBytesAreInvalid) {
  RequestView view;
  for (const char* bytes : {"\xFF", "\x0A\x05", "\x0B", "\x0A\x02\x0A\x01"}) {
    EXPECT_EQ(view.Decode(Buffer(bytes), kMaxChanges).code(), kInvalid);
  }
}

TEST(DecodeTest, ADamagedChangeDoesNotHideTheSequence) {
  RequestView view;
  // changes {<a key that goes beyond its end>}, sequence: 7
  EXPECT_EQ(view.Decode(Buffer("\x0A\x02\x0A\x01\x10\x07"), kMaxChanges).code(), kInvalid);
  EXPECT_EQ(view.sequence(), 7u);
}

TEST(DecodeTest, WhatStandsTwiceCountsAsProtocolBuffersSay) {
  // key {entity: "a", id: "b"}, key {id: "c"}, version: 1, version: 2: merged, and the last counts.
  RequestView view;
  const std::string change("\x0A\x06\x0A\x01\x61\x12\x01\x62\x0A\x03\x12\x01\x63\x10\x01\x10\x02");
  ASSERT_TRUE(view.Decode(Buffer("\x0A\x11" + change), kMaxChanges).ok());
  EXPECT_EQ(view.changes()[0].entity, "a");
  EXPECT_EQ(view.changes()[0].id, "c");
  EXPECT_EQ(view.changes()[0].version, 2u);
}

}  // namespace
}  // namespace entitysync::front
