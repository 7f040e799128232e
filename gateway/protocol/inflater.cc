#include "gateway/protocol/inflater.h"

#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <climits>
#include <cstring>
#include <new>
#include <utility>

namespace entitysync::protocol {
namespace {

constexpr size_t kFirstRoom = 1024;
constexpr int kWindowBits = 15;  // Clients may use the largest.

// What a sender leaves out at the end of each message (RFC 7692 section 7.2.2).
constexpr std::string_view kTail("\x00\x00\xFF\xFF", 4);

// A compressor that cannot flush ends with a last block and one byte more (section 7.2.3.5).
constexpr std::string_view kAfterLastBlock("\x00", 1);

}  // namespace

Inflater::Inflater(size_t max_bytes)
    : max_bytes_(max_bytes), stream_(std::make_unique<z_stream>()) {
  if (inflateInit2(stream_.get(), -kWindowBits) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(stream_.get()); }

Inflater::Result Inflater::Inflate(std::string_view payload) {
  inflateReset(stream_.get());
  size_ = 0;
  is_ended_ = false;
  if (room_bytes_ > kRoomKept) {
    room_.reset();
    room_bytes_ = 0;
  }
  if (payload.empty()) return Result::kOk;
  const Result result = Feed(payload, Z_SYNC_FLUSH);
  if (result != Result::kOk || is_ended_) return result;
  constexpr int kAtEndOfBlock = 128;  // Of data_type; see inflate() in zlib.h.
  const Result end = Feed(kTail, Z_BLOCK);
  const bool is_whole = (stream_->data_type & kAtEndOfBlock) != 0;
  return end != Result::kOk || is_whole ? end : Result::kCorrupt;
}

Inflater::Result Inflater::Feed(std::string_view part, int flush) {
  assert(part.size() <= UINT_MAX);
  z_stream& stream = *stream_;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
  stream.avail_in = static_cast<uInt>(part.size());
  while (true) {
    if (size_ == room_bytes_) Grow();
    // One byte beyond the limit shows that there is more.
    const size_t room = std::min(room_bytes_, max_bytes_ + 1) - size_;
    stream.next_out = reinterpret_cast<Bytef*>(room_.get() + size_);
    stream.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream, flush);
    size_ += room - stream.avail_out;
    if (size_ > max_bytes_) return Result::kTooBig;
    if (result == Z_STREAM_END) {
      const std::string_view left = part.substr(part.size() - stream.avail_in);
      is_ended_ = true;
      return left.empty() || left == kAfterLastBlock ? Result::kOk : Result::kCorrupt;
    }
    // Z_BUF_ERROR: there was nothing left to do.
    if (result != Z_OK && result != Z_BUF_ERROR) return Result::kCorrupt;
    if (stream.avail_out > 0) return stream.avail_in == 0 ? Result::kOk : Result::kCorrupt;
  }
}

void Inflater::Grow() {
  const size_t bytes = std::min(std::max(kFirstRoom, 2 * room_bytes_), max_bytes_ + 1);
  auto room = std::make_unique_for_overwrite<char[]>(bytes);
  if (size_ > 0) std::memcpy(room.get(), room_.get(), size_);
  room_ = std::move(room);
  room_bytes_ = bytes;
}

}  // namespace entitysync::protocol
