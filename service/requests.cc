#include "service/requests.h"

namespace entitysync::service {

void AddChanges(std::span<const Change> changes,
                google::protobuf::RepeatedPtrField<v1::Change>& request) {
  request.Reserve(request.size() + static_cast<int>(changes.size()));
  for (const Change& change : changes) {
    v1::Change& out = *request.Add();
    out.mutable_key()->set_entity(change.key.entity);
    out.mutable_key()->set_id(change.key.id);
    if (change.version) out.set_version(*change.version);
  }
}

absl::Status StatusOf(const v1::NotifyChangesFailure& failure) {
  switch (const auto code = static_cast<absl::StatusCode>(failure.code())) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return {code, failure.message()};
    default:
      return absl::UnavailableError(failure.message());
  }
}

}  // namespace entitysync::service
