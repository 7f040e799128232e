#include "bench/load/connect_parameters.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bench/lib/key_table.h"
#include "bench/lib/socket.h"

namespace entitysync::bench {
namespace {

WatchPlan::Parameters ReadPlan(Parameters& parameters) {
  const auto count = [&](const char* name, int64_t by_default, int64_t least) {
    return static_cast<uint32_t>(parameters.Whole(name, by_default, least, KeyTable::kMaxKeys));
  };
  WatchPlan::Parameters plan;
  plan.pattern =
      static_cast<WatchPlan::Pattern>(parameters.Choice("pattern", {"all", "own", "spread"}));
  plan.connections = count("connections", 0, 1);
  plan.keys_each = count("keys_each", 1, 1);
  plan.first_key = count("first_key", 0, 0);
  plan.keys = count("keys", 1, 1);
  return plan;
}

absl::StatusOr<std::vector<sockaddr_in>> ParseAll(const std::vector<std::string>& targets) {
  if (targets.empty()) {
    return absl::InvalidArgumentError("\"targets\" has to name one address or more");
  }
  std::vector<sockaddr_in> addresses;
  for (const std::string& target : targets) {
    const absl::StatusOr<sockaddr_in> address = ParseAddress(target);
    if (!address.ok()) return address.status();
    addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace

absl::StatusOr<WatchGroup> ReadGroup(Parameters& parameters, const GroupSurroundings& program) {
  if (!parameters.Has("connections")) {
    return absl::InvalidArgumentError("\"connections\" has to say how many");
  }
  const WatchPlan::Parameters planned = ReadPlan(parameters);
  const std::vector<std::string> targets = parameters.Texts("targets");
  const std::string path = parameters.Text("path", "/ws/entity-sync/");
  const auto sources = static_cast<uint32_t>(parameters.Whole("source_addresses", 8, 0, 250));
  const auto secret =
      static_cast<SecretKind>(parameters.Choice("secret", {"shared", "own", "none"}));
  const bool v1 = parameters.Choice("dialect", {"classic", "v1"}) == 1;
  const auto at_once = static_cast<uint32_t>(parameters.Whole("at_once", 256, 1, 20'000));
  const double rate = parameters.Number("rate", 0, 0, 1e6);
  const auto buffer = static_cast<int>(parameters.Whole("receive_buffer", 0, 0, 1 << 30));
  const double timeout_s = parameters.Number("timeout_s", 60, 0.1, 3'600);
  const bool tls = parameters.Flag("tls", false);
  const bool deflate = parameters.Flag("deflate", false);
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  absl::StatusOr<WatchPlan> plan = WatchPlan::Make(planned);
  if (!plan.ok()) return plan.status();
  absl::StatusOr<std::vector<sockaddr_in>> addresses = ParseAll(targets);
  if (!addresses.ok()) return addresses.status();
  return WatchGroup{.plan = *plan,
                    .targets = *std::move(addresses),
                    .path = path,
                    .source_addresses = sources,
                    .secret = secret,
                    .dialect = v1 ? &V1Dialect() : &ClassicDialect(),
                    .at_once = std::max(1u, at_once / program.threads),
                    .rate = rate / program.threads,
                    .receive_buffer = buffer,
                    .timeout_ns = static_cast<int64_t>(timeout_s * 1e9),
                    .tls = tls ? &program.tls : nullptr,
                    .deflate = deflate,
                    .process = program.process};
}

}  // namespace entitysync::bench
