#include "gateway/config/value_rules.h"

#include <algorithm>

#include "gateway/base/entity_key.h"
#include "gateway/config/units.h"

namespace entitysync::config {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

bool ConsistsOf(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [more](char c) {
    return IsAlphanumeric(c) || more.find(c) != std::string_view::npos;
  });
}

bool IsVisibleText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsVisible);
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// What follows one of `schemes`, or empty.
std::string_view AfterScheme(std::string_view text,
                             std::initializer_list<std::string_view> schemes) {
  for (const std::string_view scheme : schemes) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return {};
}

std::string OriginFault(std::string_view text) {
  const std::string_view host = AfterScheme(text, {"https://", "http://"});
  const bool fine = !host.empty() && IsVisibleText(host) &&
                    host.find_first_of("/?#@*,\\") == std::string_view::npos;
  if (text == "*" || fine) return "";
  return "must be * or an origin as browsers send it, without path or last slash, as in "
         "https://shop.example or http://localhost:3000";
}

std::string NatsUrlFault(std::string_view text) {
  const std::string_view server = AfterScheme(text, {"nats://", "tls://"});
  const size_t at = server.rfind('@');
  const std::string_view host = at == std::string_view::npos ? server : server.substr(at + 1);
  if (IsVisibleText(text) && (IsHostPort(host) || (!host.empty() && ConsistsOf(host, ".-_")))) {
    return "";
  }
  return "must be the address of a NATS server, as in nats://host:4222 or tls://host:4222";
}

std::string GrpcTargetFault(std::string_view text, bool alone) {
  if (IsHostPort(text)) return "";
  if (!alone) return "must each be host:port where there are several, as in app-1:9000";
  const size_t scheme = text.find(':');
  if (IsVisibleText(text) && scheme != std::string_view::npos && scheme > 0 &&
      scheme + 1 < text.size()) {
    return "";
  }
  return "must be host:port or a gRPC target, as in app:9000, dns:///app:9000 or "
         "unix:/run/app.sock";
}

}  // namespace

std::string TextFault(Kind kind, std::string_view text) {
  if (!base::IsValidUtf8(text) || HasControlCharacter(text)) {
    return "must be UTF-8 text without control characters";
  }
  switch (kind) {
    case Kind::kToken:
      return ConsistsOf(text, "_.-") ? "" : "may hold letters, digits, _, . and - only";
    case Kind::kReplicaId:
      return ConsistsOf(text, "-") ? "" : "may hold letters, digits and - only";
    case Kind::kKey:
      return IsVisibleText(text) ? "" : "may hold visible ASCII characters only, no blanks";
    case Kind::kPath:
      if (text.starts_with('/') && IsVisibleText(text) &&
          text.find_first_of("?#") == std::string_view::npos) {
        return "";
      }
      return "must start with / and hold visible ASCII characters without ? and #, as in "
             "/ws/entity-sync/";
    default:
      return "";
  }
}

std::string ElementFault(Kind kind, std::string_view text, bool alone) {
  switch (kind) {
    case Kind::kOrigins:
      return OriginFault(text);
    case Kind::kNatsUrls:
      return NatsUrlFault(text);
    case Kind::kGrpcTarget:
      return GrpcTargetFault(text, alone);
    default:
      return TextFault(kind, text);
  }
}

std::vector<std::string> SplitList(Kind kind, std::string_view text) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size() && !text.empty()) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    parts.emplace_back(text.substr(begin, comma - begin));
    begin = comma + 1;
  }
  // A single gRPC target may hold commas of its own: ipv4:10.0.0.1:9000,10.0.0.2:9000.
  const bool all_hosts = std::all_of(parts.begin(), parts.end(), IsHostPort);
  if (kind == Kind::kGrpcTarget && !all_hosts) return {std::string(text)};
  return parts;
}

}  // namespace entitysync::config
