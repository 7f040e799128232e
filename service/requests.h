#pragma once

#include <absl/status/status.h>

#include <span>

#include "entitysync/entity.h"
#include "entitysync/v1/gateway.pb.h"

namespace entitysync::service {

// Adds `changes` to those of a request.
void AddChanges(std::span<const Change> changes,
                google::protobuf::RepeatedPtrField<v1::Change>& request);

// Why a request of a stream failed.
absl::Status StatusOf(const v1::NotifyChangesFailure& failure);

}  // namespace entitysync::service
