#include "gateway/bus_nats/nats_settings.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace entitysync::bus_nats {
namespace {

bool IsPort(std::string_view text) {
  int port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || port > 65'535) return false;
    port = port * 10 + (c - '0');
  }
  return port > 0 && port <= 65'535;
}

bool IsServerUrl(std::string_view url) {
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' '; });
  for (const std::string_view scheme : {"nats://", "tls://"}) {
    if (url.starts_with(scheme)) url.remove_prefix(scheme.size());
  }
  if (url.find("://") != std::string_view::npos) return false;
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  const size_t bracket = url.rfind(']');  // Of an IPv6 address.
  const size_t colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const bool port_fits = colon == std::string_view::npos || IsPort(url.substr(colon + 1));
  const std::string_view host = url.substr(0, colon);
  return printable && port_fits && !host.empty() && url.find('/') == std::string_view::npos;
}

// Names the place, never the URL: it may hold a password.
absl::Status CheckUrls(const std::vector<std::string>& urls) {
  if (urls.empty()) return absl::InvalidArgumentError("name at least one NATS URL");
  for (size_t i = 0; i < urls.size(); ++i) {
    if (IsServerUrl(urls[i])) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("NATS URL ", i + 1, " of ", urls.size(),
                     " is not of the form nats://host:port or tls://host:port"));
  }
  return absl::OkStatus();
}

absl::Status Check(natsStatus status, const std::string& what) {
  if (status == NATS_OK) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the NATS client library refuses ", what, ": ", natsStatus_GetText(status)));
}

absl::Status SetTls(natsOptions* settings, const NatsLinkOptions::Tls& tls) {
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    return absl::InvalidArgumentError("NATS TLS needs a certificate and its key, or neither");
  }
  if (!tls.enabled) return absl::OkStatus();
  absl::Status status = Check(natsOptions_SetSecure(settings, true), "TLS");
  if (status.ok() && !tls.ca_file.empty()) {
    status = Check(natsOptions_LoadCATrustedCertificates(settings, tls.ca_file.c_str()),
                   "the authorities in " + tls.ca_file);
  }
  if (status.ok() && !tls.cert_file.empty()) {
    status = Check(
        natsOptions_LoadCertificatesChain(settings, tls.cert_file.c_str(), tls.key_file.c_str()),
        "the certificate in " + tls.cert_file + " with the key in " + tls.key_file);
  }
  return status;
}

// Each line has a reason: cnats' defaults write without a deadline under the connection's lock,
// keep 8 MB for a server that is away, give up after 60 attempts, notice a dead server after six
// minutes, write a millisecond late, and have no order across subscriptions.
absl::Status SetBehaviour(natsOptions* settings, const NatsLinkOptions& options) {
  const natsStatus results[] = {
      natsOptions_SetName(settings, options.name.c_str()),
      natsOptions_SetTimeout(settings, options.connect_timeout.count()),
      natsOptions_SetWriteDeadline(settings, options.write_deadline.count()),
      natsOptions_SetReconnectBufSize(settings, 1),
      natsOptions_SetAllowReconnect(settings, true),
      natsOptions_SetMaxReconnect(settings, -1),
      natsOptions_SetReconnectWait(settings, options.reconnect_wait.count()),
      natsOptions_SetReconnectJitter(settings, options.reconnect_jitter.count(),
                                     options.reconnect_jitter.count()),
      natsOptions_SetPingInterval(settings, options.ping_interval.count()),
      natsOptions_SetMaxPingsOut(settings, options.max_pings_out),
      natsOptions_SetSendAsap(settings, true),
      natsOptions_SetNoEcho(settings, false),
      natsOptions_UseGlobalMessageDelivery(settings, true),
  };
  for (const natsStatus result : results) {
    if (absl::Status status = Check(result, "a setting"); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NatsOptions> MakeNatsOptions(const NatsLinkOptions& options) {
  if (absl::Status status = CheckUrls(options.urls); !status.ok()) return status;
  natsOptions* raw = nullptr;
  if (absl::Status status = Check(natsOptions_Create(&raw), "to start"); !status.ok()) {
    return status;
  }
  NatsOptions settings(raw);
  std::vector<const char*> urls;
  for (const std::string& url : options.urls) urls.push_back(url.c_str());
  absl::Status status =
      Check(natsOptions_SetServers(raw, urls.data(), static_cast<int>(urls.size())), "the URLs");
  if (status.ok()) status = SetBehaviour(raw, options);
  if (status.ok()) status = SetTls(raw, options.tls);
  if (status.ok() && !options.credentials_file.empty()) {
    status = Check(
        natsOptions_SetUserCredentialsFromFiles(raw, options.credentials_file.c_str(), nullptr),
        "the credentials file " + options.credentials_file);
  }
  if (!status.ok()) return status;
  return settings;
}

}  // namespace entitysync::bus_nats
