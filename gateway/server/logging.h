#pragma once

#include "entitysync/gateway/settings.h"
#include "gateway/base/log.h"

namespace entitysync::server {

// The gateway's logger: lines on standard error, as text or JSON. Written by a thread of its own
// behind a bounded queue, the oldest lines giving way: a full disk or a stopped reader of the log
// costs lines, never the gateway.
base::Logger MakeLogger(const config::LogSettings& settings);

}  // namespace entitysync::server
