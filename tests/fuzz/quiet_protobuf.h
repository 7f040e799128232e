#pragma once

#include <google/protobuf/stubs/logging.h>

namespace entitysync::fuzz {

// Protocol Buffers write a line for each text that is not UTF-8: here that is every other input.
inline const bool kQuietProtobuf = [] {
  google::protobuf::SetLogHandler(nullptr);
  return true;
}();

}  // namespace entitysync::fuzz
