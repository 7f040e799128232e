#include "bench/lib/handshake.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <openssl/evp.h>

namespace entitysync::bench {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string AcceptFor(std::string_view key) {
  std::string text(key);
  text += kGuid;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return absl::Base64Escape({reinterpret_cast<const char*>(digest), size});
}

std::optional<std::string_view> HeaderOf(std::string_view head, std::string_view name) {
  size_t at = head.find("\r\n");
  while (at != std::string_view::npos) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        absl::EqualsIgnoreCase(View(line.substr(0, name.size())), View(name))) {
      const absl::string_view value =
          absl::StripAsciiWhitespace(View(line.substr(name.size() + 1)));
      return std::string_view(value.data(), value.size());
    }
    at = head.find("\r\n", at);
  }
  return std::nullopt;
}

}  // namespace entitysync::bench
