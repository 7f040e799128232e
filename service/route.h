#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <memory>

#include "service/channel.h"
#include "service/gateway_client.h"

namespace entitysync::service {

// Which way changes go: by a stream, or by calls where streams are of no use.
//
// Purpose: opens a stream to one of the gateways, and to the next when that has ended. Calls are
//   made for a while where streams are of no use: a gateway of an earlier release knows none, or
//   has enough of them, or there was no answer to anything (a proxy that lets none pass).
// Owner and lifetime: the LaterSender. Threading: its thread.
// Limits: one channel at a time. Errors: none.
class Route {
 public:
  using Clock = std::chrono::steady_clock;

  // A stream with nothing to do is closed after this long.
  static constexpr std::chrono::seconds kIdle{30};
  // So long are calls made before a stream is tried again.
  static constexpr std::chrono::seconds kCallsInstead{60};

  Route(GatewayClient& client, const NotifierOptions& options, ChannelListener& listener)
      : client_(client),
        listener_(listener),
        call_timeout_(options.attempt_timeout),
        streams_at_(options.later_stream ? Clock::time_point() : Clock::time_point::max()) {}

  // Opens a channel unless the right one is open. Only while nothing is under way.
  void Prepare(Clock::time_point now);

  bool is_open() const { return channel_ != nullptr; }
  bool is_stream() const { return is_stream_; }
  // Of the open one.
  Channel& channel() { return *channel_; }
  const Channel& channel() const { return *channel_; }

  // Something was settled on it.
  void OnSettled() { was_of_use_ = true; }

  // Ends it, and waits until nothing more is told of it.
  void Close(Clock::time_point now, const absl::Status& status);

 private:
  GatewayClient& client_;
  ChannelListener& listener_;
  const std::chrono::milliseconds call_timeout_;
  std::unique_ptr<Channel> channel_;
  bool is_stream_ = false;
  bool was_of_use_ = false;
  Clock::time_point streams_at_;  // Before, calls are made.
};

}  // namespace entitysync::service
