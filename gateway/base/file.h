#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <fstream>
#include <string>

namespace entitysync::base {

// What a PEM file must hold at least one of.
inline constexpr char kPemCertificate[] = "CERTIFICATE-----";
inline constexpr char kPemPrivateKey[] = "PRIVATE KEY-----";

// The content of a PEM file that settings name. INVALID_ARGUMENT if it cannot be read, is larger
// than 1 MiB or holds no block of the kind wanted; the message names the file, never its content.
inline absl::StatusOr<std::string> ReadPem(const std::string& path, const char* kind) {
  constexpr size_t kMaxBytes = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot open \"", path, "\": check that it exists and may be read"));
  }
  std::string content(kMaxBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kMaxBytes || !absl::StrContains(content, "-----BEGIN ") ||
      !absl::StrContains(content, kind)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", path, "\" is not a PEM file with a ",
        kind == kPemPrivateKey ? "private key" : "certificate", " (or is over 1 MiB)"));
  }
  return content;
}

}  // namespace entitysync::base
