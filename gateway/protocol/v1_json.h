#pragma once

#include <absl/status/statusor.h>

#include <span>
#include <string>
#include <string_view>

#include "entitysync/client/v1/client.pb.h"
#include "gateway/base/entity_key.h"
#include "gateway/protocol/v1.h"

namespace entitysync::protocol {

// The JSON form of v1: the proto3 JSON mapping of client.proto, but that the case of the oneof
// stands in a member of its own, and that what is JSON already (rows, messages to and from the
// application, patches) stands there as it is rather than as base64. Use v1.h, which knows both
// forms.

absl::StatusOr<V1Message> DecodeV1Json(std::string_view text);

std::string EncodeV1Json(const client::v1::ServerEvent& event);

std::string EncodeV1StateJson(const base::EntityKey& key, std::string_view version,
                              std::span<const std::string_view> rows);

}  // namespace entitysync::protocol
