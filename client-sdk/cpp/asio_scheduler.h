#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "client-sdk/cpp/platform.h"

namespace entitysync::client {

// The scheduler on the user's executor.
//
// Owner and lifetime: shared by all that may post. Threading: as Scheduler. Limits, errors: none.
class AsioScheduler final : public Scheduler {
 public:
  explicit AsioScheduler(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  void Post(std::function<void()> function) override;
  std::unique_ptr<Timer> RunAfter(Duration delay, std::function<void()> function) override;

 private:
  const boost::asio::any_io_executor executor_;
};

}  // namespace entitysync::client
