#include "gateway/protocol/deflater.h"

#include <zlib.h>

#include <cassert>
#include <climits>
#include <new>
#include <string>
#include <utility>

namespace entitysync::protocol {
namespace {

constexpr int kMemoryLevel = 8;  // zlib's default.

// What Z_SYNC_FLUSH ends with, 00 00 FF FF: left out on the wire (RFC 7692 section 7.2.1).
constexpr size_t kFlushTailBytes = 4;

}  // namespace

Deflater::Deflater(const DeflateOptions& options)
    : min_bytes_(options.min_bytes), stream_(std::make_unique<z_stream>()) {
  // Negative: without zlib's header.
  const int result = deflateInit2(stream_.get(), options.level, Z_DEFLATED, -kDeflateWindowBits,
                                  kMemoryLevel, Z_DEFAULT_STRATEGY);
  if (result != Z_OK) throw std::bad_alloc();
}

Deflater::~Deflater() { deflateEnd(stream_.get()); }

Frame Deflater::Compress(const Frame& frame) {
  std::string out;
  bool is_shorter = false;
  std::string_view rest = *frame;
  while (!rest.empty()) {
    const MessageView message = TakeMessage(rest);
    const std::string_view shorter =
        message.payload.size() < min_bytes_ ? "" : CompressPayload(message.payload);
    if (shorter.empty()) {
      out.append(message.bytes);
    } else {
      is_shorter = true;
      AppendMessage(message.kind, shorter, out, PayloadForm::kDeflated);
    }
  }
  if (room_bytes_ > kRoomKept) {
    room_.reset();
    room_bytes_ = 0;
  }
  if (!is_shorter) return frame;
  out.shrink_to_fit();
  ++totals_.frames;
  totals_.bytes_before += frame->size();
  totals_.bytes_after += out.size();
  return std::make_shared<const std::string>(std::move(out));
}

std::string_view Deflater::CompressPayload(std::string_view payload) {
  // Room for whatever is shorter, and not a byte more: what does not fit stays as it is.
  const size_t room = payload.size() + kFlushTailBytes;
  if (room > UINT_MAX) return {};
  if (room > room_bytes_) {
    room_ = std::make_unique_for_overwrite<char[]>(room);
    room_bytes_ = room;
  }
  z_stream& stream = *stream_;
  deflateReset(&stream);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = reinterpret_cast<Bytef*>(room_.get());
  stream.avail_out = static_cast<uInt>(room);
  const int result = deflate(&stream, Z_SYNC_FLUSH);
  assert(result == Z_OK);
  if (result != Z_OK || stream.avail_out == 0) return {};
  return {room_.get(), room - stream.avail_out - kFlushTailBytes};
}

}  // namespace entitysync::protocol
