#include "gateway/base/content_hash.h"

#include <xxhash.h>

#include <array>
#include <memory>

namespace entitysync::base {
namespace {

std::array<unsigned char, 8> LittleEndian(uint64_t value) {
  std::array<unsigned char, 8> bytes;
  for (unsigned char& byte : bytes) {
    byte = static_cast<unsigned char>(value & 0xFF);
    value >>= 8;
  }
  return bytes;
}

}  // namespace

ContentHash HashRows(const Rows& rows) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  XXH3_128bits_reset(state.get());
  for (const std::string& row : rows) {
    const auto length = LittleEndian(row.size());
    XXH3_128bits_update(state.get(), length.data(), length.size());
    XXH3_128bits_update(state.get(), row.data(), row.size());
  }
  const XXH128_hash_t digest = XXH3_128bits_digest(state.get());
  return {.high = digest.high64, .low = digest.low64};
}

}  // namespace entitysync::base
