#include "bench/load/inflater.h"

namespace entitysync::bench {
namespace {

constexpr size_t kMaxMessageBytes = 1 << 20;
constexpr int kRawWindowBits = -15;                   // Deflate without a header.
constexpr std::string_view kTail("\0\0\xFF\xFF", 4);  // What RFC 7692 takes off each message.

}  // namespace

Inflater::Inflater() : buffer_(kMaxMessageBytes, '\0') { inflateInit2(&stream_, kRawWindowBits); }

Inflater::~Inflater() { inflateEnd(&stream_); }

bool Inflater::Inflate(std::string_view payload) {
  inflateReset(&stream_);
  stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
  stream_.avail_out = static_cast<uInt>(buffer_.size());
  if (!Feed(payload) || !Feed(kTail)) return false;
  text_ = std::string_view(buffer_).substr(0, stream_.total_out);
  return true;
}

bool Inflater::Feed(std::string_view bytes) {
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  const int result = inflate(&stream_, Z_SYNC_FLUSH);
  return (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) &&
         stream_.avail_in == 0 && stream_.avail_out > 0;
}

}  // namespace entitysync::bench
