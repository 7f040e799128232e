#pragma once

#include <cstddef>

#include "entitysync/gateway/settings.h"
#include "gateway/admin/options.h"
#include "gateway/bus_nats/nats_link_options.h"
#include "gateway/changelog/change_log.h"
#include "gateway/fetch_grpc/options.h"
#include "gateway/front/options.h"
#include "gateway/hub/hub.h"
#include "gateway/session/worker_context.h"
#include "gateway/ws/options.h"

namespace entitysync::server {

// From the settings to what each module is made with. Pure.

size_t WorkerCount(const config::Settings& settings);

// How many connections the limit of open descriptors allows, with a reserve for everything else; or
// what the settings say, if that is less.
size_t MaxConnections(const config::Settings& settings, size_t workers, size_t descriptor_limit);

ws::Options WebsocketOptions(const config::Settings& settings, size_t max_connections);
session::SessionOptions SessionOptionsOf(const config::Settings& settings);
front::FrontOptions FrontOptionsOf(const config::Settings& settings);
admin::AdminOptions AdminOptionsOf(const config::Settings& settings);
hub::HubOptions HubOptionsOf(const config::Settings& settings, uint64_t seed);
fetch_grpc::GrpcTargetOptions TargetOptionsOf(const std::string& name,
                                              const config::TargetSettings& target,
                                              const config::Settings& settings);
bus_nats::NatsLinkOptions NatsOptionsOf(const config::Settings& settings,
                                        const std::string& replica_id);
changelog::ChangeLogOptions ChangeLogOptionsOf(const config::Settings& settings,
                                               changelog::Origin origin);

}  // namespace entitysync::server
