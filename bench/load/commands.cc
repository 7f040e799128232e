#include "bench/load/commands.h"

#include <absl/strings/str_cat.h>

#include <utility>

#include "bench/lib/clock.h"
#include "bench/lib/row.h"
#include "bench/load/connect_parameters.h"
#include "bench/load/floor_publisher.h"
#include "bench/load/gateways.h"
#include "bench/load/stream_publisher.h"
#include "bench/load/unary_publisher.h"

namespace entitysync::bench {
namespace {

int64_t DeadlineIn(double seconds) { return MonotonicNs() + static_cast<int64_t>(seconds * 1e9); }

}  // namespace

LoadProgram::LoadProgram(const Options& options, std::unique_ptr<KeyTable> table)
    : options_(options),
      tls_(TlsContext::ForClients()),
      table_(std::move(table)),
      clients_(*table_, options.process, options.threads) {}

Commands LoadProgram::commands() {
  const auto bind = [this](Answer (LoadProgram::*member)(Parameters&)) -> Command {
    return [this, member](Parameters& parameters) { return (this->*member)(parameters); };
  };
  return {{"serve", bind(&LoadProgram::Serve)},           {"fetches", bind(&LoadProgram::Fetches)},
          {"publish_to", bind(&LoadProgram::PublishTo)},  {"connect", bind(&LoadProgram::Connect)},
          {"disconnect", bind(&LoadProgram::Disconnect)}, {"stall", bind(&LoadProgram::Stall)},
          {"resume", bind(&LoadProgram::Resume)},         {"run", bind(&LoadProgram::Run)},
          {"begin", bind(&LoadProgram::Begin)},           {"end", bind(&LoadProgram::End)},
          {"settle", bind(&LoadProgram::Settle)}};
}

LoadProgram::Answer LoadProgram::Serve(Parameters& parameters) {
  Application::Options options;
  options.address = parameters.Text("address", options.address);
  options.answer_after_us = parameters.Whole("answer_after_us", 0, 0, 60'000'000);
  options.row_bytes =
      static_cast<size_t>(parameters.Whole("row_bytes", 128, kMinRowBytes, kMaxRowBytes));
  options.versioned = parameters.Flag("versioned", true);
  options.bearer = parameters.Text("bearer", "");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  application_.reset();
  absl::StatusOr<std::unique_ptr<Application>> application =
      Application::Start(std::move(options), *table_);
  if (!application.ok()) return application.status();
  application_ = *std::move(application);
  return boost::json::object{{"port", application_->port()}};
}

LoadProgram::Answer LoadProgram::Fetches(Parameters& parameters) {
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  if (application_ == nullptr) {
    return absl::FailedPreconditionError("nothing is served here: say \"serve\" first");
  }
  boost::json::object counts = application_->Counts();
  application_->ClearCounts();
  return counts;
}

LoadProgram::Answer LoadProgram::PublishTo(Parameters& parameters) {
  Gateways gateways;
  gateways.targets = parameters.Texts("targets");
  gateways.bearer = parameters.Text("bearer", "");
  gateways.versioned = parameters.Flag("versioned", true);
  const bool streams = parameters.Flag("stream", false);
  const std::vector<std::string> floor = parameters.Texts("floor");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  if (gateways.targets.empty() == floor.empty()) {
    return absl::InvalidArgumentError("name either \"targets\" or \"floor\"");
  }
  publisher_.reset();
  absl::StatusOr<std::unique_ptr<Publisher>> publisher =
      !floor.empty() ? FloorPublisher::Connect(floor)
      : streams      ? ConnectTo<StreamPublisher>(std::move(gateways))
                     : ConnectTo<UnaryPublisher>(std::move(gateways));
  if (!publisher.ok()) return publisher.status();
  publisher_ = *std::move(publisher);
  return boost::json::object{};
}

LoadProgram::Answer LoadProgram::Connect(Parameters& parameters) {
  const absl::StatusOr<WatchGroup> group =
      ReadGroup(parameters, {options_.process, options_.threads, tls_});
  if (!group.ok()) return group.status();
  const int64_t begin = MonotonicNs();
  const ConnectResult result = clients_.Connect(*group);
  const double seconds = static_cast<double>(MonotonicNs() - begin) * 1e-9;
  boost::json::object answer{{"connected", result.connected},
                             {"compressed", result.compressed},
                             {"failed", result.failed},
                             {"seconds", seconds},
                             {"per_second", result.connected / seconds},
                             {"handshake_latency", result.handshakes.AsJson()}};
  if (result.failed > 0) answer["first_failure"] = result.first_failure;
  return answer;
}

LoadProgram::Answer LoadProgram::Disconnect(Parameters& parameters) {
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  clients_.DisconnectAll();
  return boost::json::object{};
}

LoadProgram::Answer LoadProgram::Stall(Parameters& parameters) {
  const auto count = static_cast<uint32_t>(parameters.Whole("connections", 1, 1, 1'000'000));
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  return boost::json::object{{"stalled", clients_.Stall(count)}};
}

LoadProgram::Answer LoadProgram::Resume(Parameters& parameters) {
  const double timeout_s = parameters.Number("timeout_s", 10, 0, 3'600);
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  const uint64_t stale = clients_.Resume(DeadlineIn(timeout_s));
  const Histogram age = clients_.Stats().slow_age;
  return boost::json::object{{"states", age.count()}, {"age", age.AsJson()}, {"stale", stale}};
}

LoadProgram::Answer LoadProgram::Run(Parameters& parameters) {
  const bool is_open = parameters.Choice("mode", {"closed", "open"}) == 1;
  if (publisher_ == nullptr) {
    return absl::FailedPreconditionError("there is nobody to notify: say \"publish_to\" first");
  }
  const RunContext context{*table_, clients_, *publisher_};
  return is_open ? RunOpen(parameters, context) : RunClosed(parameters, context);
}

LoadProgram::Answer LoadProgram::Begin(Parameters& parameters) {
  const std::vector<int64_t> pids = parameters.Wholes("measure_pids");
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  measurement_ = std::make_unique<Measurement>(clients_, nullptr);
  if (absl::Status status = measurement_->Begin(pids); !status.ok()) return status;
  return boost::json::object{};
}

LoadProgram::Answer LoadProgram::End(Parameters& parameters) {
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  if (measurement_ == nullptr) {
    return absl::FailedPreconditionError("nothing is being measured: say \"begin\" first");
  }
  return std::exchange(measurement_, nullptr)->End();
}

LoadProgram::Answer LoadProgram::Settle(Parameters& parameters) {
  const double timeout_s = parameters.Number("timeout_s", 10, 0, 3'600);
  if (absl::Status status = parameters.Check(); !status.ok()) return status;
  return boost::json::object{{"stale", clients_.Settle(DeadlineIn(timeout_s))}};
}

}  // namespace entitysync::bench
