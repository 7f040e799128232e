#include "bench/load/client_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bench/lib/clock.h"

namespace entitysync::bench {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;

}  // namespace

ClientLoop::ClientLoop(KeyTable& table, uint32_t process)
    : table_(table),
      process_(process),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      buffer_(kBufferBytes) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  thread_ = std::thread([this] { Run(); });
}

ClientLoop::~ClientLoop() {
  Do([this] { stops_ = true; });
  thread_.join();
}

void ClientLoop::Do(const std::function<void()>& task) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return task_ == nullptr; });
  task_ = &task;
  eventfd_write(wake_.get(), 1);
  done_.wait(lock, [&] { return task_ != &task; });
}

void ClientLoop::RunTasks() {
  eventfd_t ignored;
  eventfd_read(wake_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  if (task_ == nullptr) return;
  (*task_)();
  task_ = nullptr;
  done_.notify_all();
}

void ClientLoop::Run() {
  std::array<epoll_event, 512> events;
  while (!stops_) {
    const int timeout = job_ ? job_->WaitMs(MonotonicNs()) : -1;
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    bool has_task = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr == nullptr) {
        has_task = true;
      } else {
        Handle(*static_cast<Connection*>(event.data.ptr), event.events);
      }
    }
    PublishCovered();
    if (job_) ContinueConnecting(MonotonicNs());
    if (has_task) RunTasks();  // Last: it may end the connections that the events are of.
  }
}

void ClientLoop::PublishCovered() {
  if (stats_.covered == published_) return;
  table_.AddCovered(process_, stats_.covered - published_);
  published_ = stats_.covered;
}

void ClientLoop::ClearStats() {
  PublishCovered();
  stats_.Clear();
  published_ = 0;
}

void ClientLoop::Connect(const WatchGroup& group, uint32_t first, uint32_t step,
                         std::function<void(const ConnectResult&)> done) {
  job_ = std::make_unique<ConnectJob>(group, first, step, MonotonicNs());
  job_done_ = std::move(done);
  ContinueConnecting(MonotonicNs());
}

void ClientLoop::ContinueConnecting(int64_t now) {
  while (auto connection = job_->Next(now)) {
    Register(*connection);
    connections_.push_back(std::move(connection));
  }
  job_->CheckTime(now);
  if (!job_->is_done()) return;
  for (const auto& connection : connections_) {
    if (connection->state == Connection::State::kOpen) continue;
    connection->state = Connection::State::kClosed;
    connection->socket.Close();
  }
  const std::unique_ptr<ConnectJob> job = std::move(job_);
  std::exchange(job_done_, nullptr)(job->result());
}

void ClientLoop::DisconnectAll() {
  for (const auto& connection : connections_) {
    if (connection->seqs && !connection->is_set_aside) AddWatchers(*connection, -1);
  }
  connections_.clear();
}

void ClientLoop::Baseline() {
  for (const auto& connection : connections_) {
    if (!connection->seqs) continue;
    const WatchPlan& plan = connection->group->plan;
    for (uint32_t place = 0; place < plan.keys_each(); ++place) {
      connection->seqs[place] = table_.Seq(plan.KeyAt(connection->index, place));
    }
  }
}

uint64_t ClientLoop::open_connections() const {
  return static_cast<uint64_t>(std::count_if(
      connections_.begin(), connections_.end(),
      [](const auto& connection) { return connection->state == Connection::State::kOpen; }));
}

uint64_t ClientLoop::Stale(bool set_aside) const {
  uint64_t stale = 0;
  for (const auto& connection : connections_) {
    if (!connection->seqs || connection->is_set_aside != set_aside) continue;
    const WatchPlan& plan = connection->group->plan;
    for (uint32_t place = 0; place < plan.keys_each(); ++place) {
      if (connection->seqs[place] < table_.Seq(plan.KeyAt(connection->index, place))) ++stale;
    }
  }
  return stale;
}

uint32_t ClientLoop::Stall(uint32_t count) {
  uint32_t stalled = 0;
  for (const auto& connection : connections_) {
    if (stalled == count) break;
    if (connection->state != Connection::State::kOpen || connection->is_set_aside) continue;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection->socket.fd(), nullptr);
    connection->is_set_aside = true;
    AddWatchers(*connection, -1);
    ++stalled;
  }
  return stalled;
}

void ClientLoop::Resume() {
  for (const auto& connection : connections_) {
    if (connection->is_set_aside && connection->state == Connection::State::kOpen) {
      Register(*connection);
    }
  }
}

void ClientLoop::Rejoin() {
  for (const auto& connection : connections_) {
    if (std::exchange(connection->is_set_aside, false)) AddWatchers(*connection, 1);
  }
}

void ClientLoop::Register(Connection& connection) {
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &connection;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.socket.fd(), &event);
}

void ClientLoop::AddWatchers(const Connection& connection, int32_t count) {
  const WatchPlan& plan = connection.group->plan;
  for (uint32_t place = 0; place < plan.keys_each(); ++place) {
    table_.AddWatchers(plan.KeyAt(connection.index, place), count);
  }
}

}  // namespace entitysync::bench
