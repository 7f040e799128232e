#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "entitysync/gateway/settings.h"

namespace entitysync::config {

// Where in a Settings one value lives.
using Slot = std::variant<std::string*, std::vector<std::string>*, ListenAddress*, bool*,
                          std::optional<bool>*, size_t*, Duration*, std::optional<Duration>*,
                          BusKind*, LogLevel*, LogFormat*>;

// What a value may be, beyond the type of its slot. Bounds are inclusive: of the number, of the
// milliseconds, of the bytes of a text, of the elements of a list.
enum class Kind : uint8_t {
  kCount,
  kBytes,
  kDuration,
  kBool,
  kChoice,
  kListen,
  kText,        // Any text without control characters.
  kKey,         // Visible ASCII, as it goes into a header.
  kToken,       // [A-Za-z0-9_.-]
  kReplicaId,   // [A-Za-z0-9-]
  kPath,        // Of a URL: starts with a slash.
  kFile,        // A file that can be read when the gateway starts.
  kOrigins,     // List: "*" or scheme://host[:port].
  kNatsUrls,    // List: nats://host:port and the like.
  kGrpcTarget,  // List: one gRPC target, or several host:port.
};

struct Bounds {
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};

// Whether a value may be shown: kYes, not at all, or with user and password of its URLs masked.
enum class Shown : uint8_t { kYes, kSecret, kMaskUserInfo };

// One line of the table that all else comes from: loading, checking, --print-config and
// docs/CONFIGURATION.md.
//
// Purpose: says once what a setting is called, where its value goes, what it may be, and what it
//   is for. Its default is what a default-constructed Settings holds.
// Owner and lifetime: constant data; the views point into literals.
// Threading: none needed.
// Limits and units: `bounds` in the unit of `kind`.
struct Setting {
  // Dotted, in a configuration file's words. "<name>" and "<type>" stand for the key of a map.
  std::string_view path;
  // Finds the value; `key` is the map's key where the path has one, and is made if missing.
  Slot (*slot)(Settings& settings, const std::string& key);
  Kind kind;
  Bounds bounds;
  std::string_view doc;  // One to three sentences, Markdown.
  Shown shown = Shown::kYes;
};

// The whole table, in the order in which it is documented.
std::vector<Setting> AllSettings();

// Its parts, one file each.
std::span<const Setting> GeneralTable();  // Top level, admin, drain, log.
std::span<const Setting> WebsocketTable();
std::span<const Setting> FrontTable();
std::span<const Setting> BusTable();
std::span<const Setting> ApplicationTable();  // targets, entities, classic, fetch.

}  // namespace entitysync::config
