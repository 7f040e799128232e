#pragma once

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>

#include <fstream>
#include <string>

namespace entitysync::base {

// The content of a small file that settings name, such as a certificate. INVALID_ARGUMENT if it
// cannot be read, is empty or is larger than `max_bytes`; the message names the file, never its
// content.
inline absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = 1 << 20) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot open \"", path, "\": check that it exists and may be read"));
  }
  std::string content(max_bytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(file.gcount()));
  if (file.bad() || content.empty() || content.size() > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("\"", path, "\" is empty, not a file or over ",
                                                   max_bytes, " bytes: name a PEM file"));
  }
  return content;
}

}  // namespace entitysync::base
