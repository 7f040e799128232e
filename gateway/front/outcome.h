#pragma once

#include <absl/status/status.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

namespace entitysync::front {

// What became of a call or of a request on a stream, as the metrics tell it apart.
enum class Outcome : uint8_t { kOk, kInvalid, kUnauthenticated, kUnavailable };

inline Outcome OutcomeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return Outcome::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return Outcome::kInvalid;
    case absl::StatusCode::kUnauthenticated:
      return Outcome::kUnauthenticated;
    default:
      return Outcome::kUnavailable;
  }
}

// The canonical codes are the same numbers on both sides.
inline grpc::Status ToGrpc(const absl::Status& status) {
  const absl::string_view message = status.message();
  return {static_cast<grpc::StatusCode>(status.code()),
          std::string(message.data(), message.size())};
}

}  // namespace entitysync::front
