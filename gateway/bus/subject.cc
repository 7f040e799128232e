#include "entitysync/gateway/subject.h"

#include <absl/strings/str_cat.h>

#include "gateway/base/limits.h"

namespace entitysync::bus {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool IsPlain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool EndsInWildcard(std::string_view subscription) {
  return subscription.size() > 2 && subscription.ends_with(".>");
}

// Names the size, not the bytes: a subject that fails may hold anything.
absl::Status BadSubject(std::string_view subject) {
  return absl::InvalidArgumentError(
      absl::StrCat("a bus subject of ", subject.size(),
                   " bytes is not made of tokens of [A-Za-z0-9_-] joined by dots, at most ",
                   kMaxSubjectBytes, " bytes; escape its parts with EscapeToken"));
}

}  // namespace

std::string EscapeToken(std::string_view text) {
  std::string token;
  token.reserve(text.size());
  for (const char c : text) {
    if (IsPlain(c)) {
      token += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    token += '_';
    token += kHexDigits[byte >> 4];
    token += kHexDigits[byte & 0xF];
  }
  return token;
}

std::optional<std::string> UnescapeToken(std::string_view token) {
  std::string text;
  text.reserve(token.size());
  for (size_t i = 0; i < token.size(); ++i) {
    if (IsPlain(token[i])) {
      text += token[i];
      continue;
    }
    if (token[i] != '_' || i + 2 >= token.size()) return std::nullopt;
    const size_t high = kHexDigits.find(token[i + 1]);
    const size_t low = kHexDigits.find(token[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    const char byte = static_cast<char>(high << 4 | low);
    if (IsPlain(byte)) return std::nullopt;  // One spelling per text.
    text += byte;
    i += 2;
  }
  return text;
}

bool Matches(std::string_view subscription, std::string_view subject) {
  if (!EndsInWildcard(subscription)) return subscription == subject;
  const std::string_view beginning = subscription.substr(0, subscription.size() - 1);
  return subject.size() > beginning.size() && subject.starts_with(beginning);
}

absl::Status ValidateSubject(std::string_view subject) {
  if (subject.size() > kMaxSubjectBytes) return BadSubject(subject);
  bool token_is_empty = true;
  for (const char c : subject) {
    if (c == '.') {
      if (token_is_empty) return BadSubject(subject);
      token_is_empty = true;
    } else if (IsPlain(c) || c == '_') {
      token_is_empty = false;
    } else {
      return BadSubject(subject);
    }
  }
  return token_is_empty ? BadSubject(subject) : absl::OkStatus();
}

absl::Status ValidateSubscription(std::string_view subscription) {
  if (subscription.size() > kMaxSubjectBytes) return BadSubject(subscription);
  if (EndsInWildcard(subscription)) subscription.remove_suffix(2);
  return ValidateSubject(subscription);
}

absl::Status ValidateMessage(std::string_view subject, std::string_view payload) {
  if (payload.size() > base::limits::kMaxBusMessageBytes) {
    return absl::InvalidArgumentError(absl::StrCat("a bus message of ", payload.size(),
                                                   " bytes is over the limit of ",
                                                   base::limits::kMaxBusMessageBytes));
  }
  return ValidateSubject(subject);
}

}  // namespace entitysync::bus
