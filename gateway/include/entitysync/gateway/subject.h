#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What subjects are made of, for those who write a BusLink. Pure functions.
namespace entitysync::bus {

inline constexpr size_t kMaxSubjectBytes = 700;

// `text` as one token of a subject: bytes outside [A-Za-z0-9-] become _XX (upper-case hex), so that
// dots, wildcards, spaces and any other byte mean nothing. No text becomes a token with an
// underscore that is not followed by two hex digits: a lone "_" is free for subjects of our own.
// The empty text becomes the empty string, which is no token; callers rule it out.
std::string EscapeToken(std::string_view text);

// What EscapeToken was given; nothing if it cannot have given `token`.
std::optional<std::string> UnescapeToken(std::string_view token);

// Whether `subscription` hears `subject`: they are equal, or the subscription ends in ".>" and the
// subject has its beginning and at least one token more.
bool Matches(std::string_view subscription, std::string_view subject);

// INVALID_ARGUMENT unless `subject` may be published on: tokens of [A-Za-z0-9_-] joined by dots, at
// most kMaxSubjectBytes.
absl::Status ValidateSubject(std::string_view subject);

// The same for subscriptions, which may end in ".>".
absl::Status ValidateSubscription(std::string_view subscription);

// INVALID_ARGUMENT unless a link may be asked to publish this.
absl::Status ValidateMessage(std::string_view subject, std::string_view payload);

}  // namespace entitysync::bus
