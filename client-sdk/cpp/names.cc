#include "entitysync/client/connection_state.h"
#include "entitysync/client/state.h"

namespace entitysync::client {

const char* NameOf(EntityStatus status) {
  switch (status) {
    case EntityStatus::kLoading:
      return "loading";
    case EntityStatus::kLive:
      return "live";
    case EntityStatus::kStale:
      return "stale";
    case EntityStatus::kRemoved:
      return "removed";
    case EntityStatus::kDenied:
      return "denied";
    case EntityStatus::kError:
      return "error";
  }
  return "";
}

const char* NameOf(ConnectionStatus status) {
  switch (status) {
    case ConnectionStatus::kConnecting:
      return "connecting";
    case ConnectionStatus::kOpen:
      return "open";
    case ConnectionStatus::kWaiting:
      return "waiting";
    case ConnectionStatus::kOffline:
      return "offline";
    case ConnectionStatus::kRefused:
      return "refused";
    case ConnectionStatus::kClosed:
      return "closed";
  }
  return "";
}

}  // namespace entitysync::client
