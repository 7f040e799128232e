#pragma once

#include <absl/status/statusor.h>

#include <boost/json/object.hpp>
#include <functional>
#include <istream>
#include <map>
#include <ostream>
#include <string>

#include "bench/lib/parameters.h"

namespace entitysync::bench {

// Commands in lines: one JSON object per line, of which "do" names the command, each answered by
// exactly one line: {"ok":true, ...} or {"ok":false,"error":"what to do"}.
using Command = std::function<absl::StatusOr<boost::json::object>(Parameters&)>;
using Commands = std::map<std::string, Command, std::less<>>;

// Until `in` ends.
void ServeLines(std::istream& in, std::ostream& out, const Commands& commands);

}  // namespace entitysync::bench
