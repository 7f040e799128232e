#include "gateway/protocol/inflater.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace entitysync::protocol {
namespace {

using Result = Inflater::Result;

std::string Deflated(const std::string& payload, int flush = Z_SYNC_FLUSH, int window_bits = -15) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, payload.size()) + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (flush == Z_SYNC_FLUSH) out.resize(out.size() - 4);
  return out;
}

class InflaterTest : public ::testing::Test {
 protected:
  // What `payload` becomes, or how it failed.
  std::string Inflate(const std::string& payload) {
    switch (inflater_.Inflate(payload)) {
      case Result::kOk:
        return std::string(inflater_.message());
      case Result::kTooBig:
        return "too big";
      case Result::kCorrupt:
        return "corrupt";
    }
    return "";
  }

  Inflater inflater_{100'000};
};

// RFC 7692 section 7.2.3: the forms that "Hello" may have.
TEST_F(InflaterTest, TheExamplesOfTheStandard) {
  EXPECT_EQ(Inflate(std::string("\xF2\x48\xCD\xC9\xC9\x07\x00", 7)), "Hello");
  EXPECT_EQ(Inflate(std::string("\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", 11)), "Hello");
  EXPECT_EQ(Inflate(std::string("\xF3\x48\xCD\xC9\xC9\x07\x00\x00", 8)), "Hello");
  EXPECT_EQ(Inflate(std::string("\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", 13)),
            "Hello");
}

TEST_F(InflaterTest, AnEmptyMessageMayBeOneByteOrNone) {
  EXPECT_EQ(Inflate(std::string(1, '\0')), "");
  EXPECT_EQ(Inflate(""), "");
}

TEST_F(InflaterTest, MessagesFollowEachOtherAndDoNotReferBack) {
  for (const size_t size : {1u, 1'000u, 70'000u, 5u, 0u, 99'999u}) {
    const std::string payload(size, 'x');
    EXPECT_EQ(Inflate(Deflated(payload)), payload);
  }
  // "HelloHello" of which the second half refers to the message before (section 7.2.3.2).
  EXPECT_EQ(Inflate(std::string("\xF2\x00\x11\x00\x00", 5)), "corrupt");
}

TEST_F(InflaterTest, ALastBlockEndsAMessageToo) {
  EXPECT_EQ(Inflate(Deflated("hello", Z_FINISH)), "hello");
  EXPECT_EQ(Inflate(Deflated("hello", Z_FINISH) + '\0'), "hello");
  EXPECT_EQ(Inflate(Deflated("hello", Z_FINISH) + "more"), "corrupt");
}

TEST_F(InflaterTest, TheLimitIsExact) {
  EXPECT_EQ(Inflate(Deflated(std::string(100'000, 'x'))), std::string(100'000, 'x'));
  EXPECT_EQ(Inflate(Deflated(std::string(100'001, 'x'))), "too big");
  EXPECT_EQ(Inflate(Deflated("fine again")), "fine again");
}

TEST_F(InflaterTest, ABombIsGivenUpAtTheLimit) {
  EXPECT_EQ(Inflate(Deflated(std::string(30'000'000, 'x'))), "too big");
  EXPECT_LE(inflater_.message().size(), 100'001u);
}

TEST_F(InflaterTest, WhatIsNotDeflateIsCorrupt) {
  EXPECT_EQ(Inflate("hello"), "corrupt");
  EXPECT_EQ(Inflate("\xFF"), "corrupt");
  EXPECT_EQ(Inflate(std::string("\x78\x9C\x03\x00\x00\x00\x00\x01", 8)), "corrupt");  // zlib's.
}

TEST_F(InflaterTest, AMessageCutShortIsCorrupt) {
  const std::string whole =
      Deflated("the quick brown fox jumps over the lazy dog, twice: fox, fox");
  for (size_t size = 1; size < whole.size() - 1; ++size) {
    EXPECT_EQ(Inflate(whole.substr(0, size)), "corrupt") << size;
  }
  // A stored block of six bytes: what is put to the end of each message does not fill it up.
  EXPECT_EQ(Inflate(std::string("\x00\x06\x00\xF9\xFF\x48", 6)), "corrupt");
}

}  // namespace
}  // namespace entitysync::protocol
