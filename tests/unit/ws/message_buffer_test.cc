#include "gateway/ws/message_buffer.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <string>

namespace entitysync::ws {
namespace {

void Append(MessageBuffer& buffer, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = buffer.Room();
    ASSERT_FALSE(room.empty());
    const size_t taken = std::min(room.size(), bytes.size());
    std::copy_n(bytes.data(), taken, room.data());
    buffer.Commit(taken);
    bytes.remove_prefix(taken);
  }
}

TEST(MessageBufferTest, GathersMessagesOfEveryLength) {
  MessageBuffer buffer;
  for (size_t size : {0u, 1u, 127u, 128u, 129u, 1024u, 1025u, 70'000u}) {
    std::string message(size, 'x');
    for (size_t i = 0; i < size; ++i) message[i] = static_cast<char>('a' + i % 26);
    Append(buffer, message);
    EXPECT_EQ(buffer.view(), message);
    buffer.Reset();
    EXPECT_EQ(buffer.view(), "");
  }
}

TEST(MessageBufferTest, GrowsOnlyWithWhatCame) {
  MessageBuffer buffer;
  Append(buffer, std::string(200, 'x'));
  EXPECT_LE(buffer.Room().size(), 1024u);
  buffer.Reset();
  EXPECT_LE(buffer.Room().size(), 128u) << "an idle connection keeps nothing on the heap";
}

TEST(MessageBufferTest, GivesTheMemoryOfALongMessageBack) {
  const auto allocated = [] {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  MessageBuffer buffer;
  const std::string message(100'000, 'x');
  const size_t before = allocated();
  Append(buffer, message);
  buffer.Reset();
  EXPECT_LT(allocated(), before + 10'000);
}

}  // namespace
}  // namespace entitysync::ws
