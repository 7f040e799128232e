#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/sample/web_server.h"

namespace sample {

struct Flags {
  std::string http_listen = "127.0.0.1:8090";
  std::string service_listen = "127.0.0.1:9090";
  std::vector<std::string> gateways = {"127.0.0.1:8081"};
  GatewayForPages page;
  std::string database;
  int items = 24;
  int changes_per_second = 8;
};

// What the command line says. Nothing if the program should end with `exit_code` (--help, or a
// mistake, which was explained on standard error).
std::optional<Flags> ParseFlags(int argc, char** argv, int& exit_code);

}  // namespace sample
