#pragma once

#include <spdlog/logger.h>

#include <memory>

namespace entitysync::base {

// Where a component writes its log lines; given by constructor, safe from any thread. Lines name
// entity types and counts, never secrets, and entity ids at debug level only.
using Logger = std::shared_ptr<spdlog::logger>;

// A logger that writes nowhere, for tests.
Logger NullLogger();

}  // namespace entitysync::base
