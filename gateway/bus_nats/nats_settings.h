#pragma once

#include <absl/status/statusor.h>

#include "gateway/bus_nats/nats_handles.h"
#include "gateway/bus_nats/nats_link_options.h"

namespace entitysync::bus_nats {

// cnats' settings for a link, all but the callbacks. INVALID_ARGUMENT, without any secret in the
// message, for options that can never work.
absl::StatusOr<NatsOptions> MakeNatsOptions(const NatsLinkOptions& options);

}  // namespace entitysync::bus_nats
