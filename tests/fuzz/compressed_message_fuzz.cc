#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gateway/protocol/deflater.h"
#include "gateway/protocol/inflater.h"
#include "gateway/ws/compressed_input.h"
#include "tests/fuzz/fuzz_target.h"

namespace entitysync::fuzz {
namespace {

constexpr size_t kMaxBytes = 4'096;

// What a client's bytes are passed on as, and after how many of them a message ended.
struct Passed {
  std::string bytes;
  std::vector<size_t> ends;
  std::vector<bool> compressed;
};

Passed PassOn(std::string_view input, size_t chunk) {
  Passed passed{.bytes = std::string(input), .ends = {}, .compressed = {}};
  ws::CompressedInput filter;
  auto* const data = reinterpret_cast<uint8_t*>(passed.bytes.data());
  for (size_t at = 0; at < input.size();) {
    const size_t size = std::min(chunk, input.size() - at);
    const size_t went = filter.Pass({data + at, size});
    Require(went > 0 && went <= size);
    Require(went == size || filter.is_at_end());
    at += went;
    if (!filter.is_at_end()) continue;
    passed.ends.push_back(at);
    passed.compressed.push_back(filter.is_compressed());
  }
  return passed;
}

void CheckInput(std::string_view input) {
  const Passed whole = PassOn(input, input.size() + 1);
  for (const size_t chunk : {1, 7}) {
    const Passed pieces = PassOn(input, chunk);
    Require(pieces.bytes == whole.bytes && pieces.ends == whole.ends);
    Require(pieces.compressed == whole.compressed);
  }
}

void CheckInflater(std::string_view input) {
  protocol::Inflater inflater(kMaxBytes);
  const bool is_fine = inflater.Inflate(input) == protocol::Inflater::Result::kOk;
  Require(inflater.message().size() <= (is_fine ? kMaxBytes : kMaxBytes + 1));
  if (!is_fine) return;
  const std::string message(inflater.message());
  std::string bytes;
  protocol::AppendMessage(protocol::FrameKind::kBinary, message, bytes);
  const auto plain = std::make_shared<const std::string>(bytes);
  protocol::Deflater deflater({.level = 6, .min_bytes = 0});
  const protocol::Frame frame = deflater.Compress(plain);
  if (frame == plain) return;
  std::string_view rest = *frame;
  Require(inflater.Inflate(protocol::TakeMessage(rest).payload) == protocol::Inflater::Result::kOk);
  Require(inflater.message() == message);
}

}  // namespace
}  // namespace entitysync::fuzz

// What a client that negotiated permessage-deflate sends: its frames on their way to Beast, in
// whatever pieces they come, and the payload of a compressed message.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = entitysync::fuzz::AsText(data, size);
  entitysync::fuzz::CheckInput(input);
  entitysync::fuzz::CheckInflater(input);
  return 0;
}
