#include "client-sdk/cpp/asio_scheduler.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace entitysync::client {
namespace {

class AsioTimer final : public Timer {
 public:
  AsioTimer(const boost::asio::any_io_executor& executor, Duration delay,
            std::function<void()> function)
      : state_(std::make_shared<State>(
            State{boost::asio::steady_timer(executor, delay), std::move(function)})) {
    // The handler may be on its way already when the timer is cancelled; then the function is gone.
    state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
      if (error || !state->function) return;
      const auto run = std::exchange(state->function, nullptr);
      run();
    });
  }

  ~AsioTimer() override {
    state_->function = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    boost::asio::steady_timer timer;
    std::function<void()> function;
  };
  const std::shared_ptr<State> state_;
};

}  // namespace

void AsioScheduler::Post(std::function<void()> function) {
  boost::asio::post(executor_, std::move(function));
}

std::unique_ptr<Timer> AsioScheduler::RunAfter(Duration delay, std::function<void()> function) {
  return std::make_unique<AsioTimer>(executor_, delay, std::move(function));
}

}  // namespace entitysync::client
