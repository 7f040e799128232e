#include "gateway/front/decode.h"

#include <gtest/gtest.h>

namespace entitysync::front {
namespace {

constexpr size_t kMaxChanges = 3;

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer EmptyChanges(int count) {
  v1::NotifyChangeRequest request;
  for (int i = 0; i < count; ++i) request.add_changes();
  return Buffer(request.SerializeAsString());
}

TEST(DecodeTest, TakesAsManyChangesAsTheLimit) {
  google::protobuf::Arena arena;
  const auto request = Decode(EmptyChanges(3), kMaxChanges, arena);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->changes_size(), 3);
}

TEST(DecodeTest, OneMoreIsRefusedBeforeItCostsMemory) {
  google::protobuf::Arena arena;
  EXPECT_EQ(Decode(EmptyChanges(4), kMaxChanges, arena).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(arena.SpaceUsed(), 0u);
}

TEST(DecodeTest, DamagedBytesAreInvalid) {
  for (const char* bytes : {"\xFF", "\x0A\x05", "\x0B", "\x0A\x06\x0A\x04\x0A\x02\xC3\x28"}) {
    google::protobuf::Arena arena;
    EXPECT_EQ(Decode(Buffer(bytes), kMaxChanges, arena).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(DecodeTest, NoBytesAreARequestWithoutChanges) {
  google::protobuf::Arena arena;
  const auto request = Decode(Buffer(""), kMaxChanges, arena);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->changes_size(), 0);
}

}  // namespace
}  // namespace entitysync::front
