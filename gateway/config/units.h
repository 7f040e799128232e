#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "entitysync/gateway/settings.h"

// How durations, sizes, numbers and addresses are written in a configuration. Parsing is strict and
// never echoes what it was given (it may be a secret in the wrong place); errors are
// INVALID_ARGUMENT and say how to write it. Pure functions.
namespace entitysync::config {

// "250ms", "2s", "5m", "1h"; 0 may stand without a unit.
absl::StatusOr<Duration> ParseDuration(std::string_view text);
std::string FormatDuration(Duration duration);

// "64KiB", "1MiB", "1GiB", "512B", or plain bytes.
absl::StatusOr<size_t> ParseBytes(std::string_view text);
std::string FormatBytes(size_t bytes);

// Decimal digits only.
absl::StatusOr<size_t> ParseCount(std::string_view text);

// "127.0.0.1:8081", "[::1]:8081", "localhost:8081". Other names are refused: a listener is bound to
// an address, and which one a name stands for should not depend on a name server.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

// Whether `host` (an address literal) can be reached from the own machine only.
bool IsLoopback(std::string_view host);

// Whether `text` is "host:port" with a port from 1 to 65535; IPv6 in brackets.
bool IsHostPort(std::string_view text);

}  // namespace entitysync::config
