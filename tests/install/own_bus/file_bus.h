#pragma once

#include <entitysync/gateway/bus_link.h>
#include <entitysync/gateway/publish_queue.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// A bus of one's own: a file that every link appends to and follows. Links in several processes may
// share it. It never loses a message, so there is nothing to report.
class FileBus : public entitysync::bus::BusLink {
 public:
  explicit FileBus(std::string path) : path_(std::move(path)) {}
  ~FileBus() override { Stop(); }

  absl::Status Start(std::vector<std::string> subscriptions,
                     entitysync::bus::BusListener& listener) override;
  absl::Status Publish(std::string_view subject, std::string_view payload) override;
  uint64_t Connection() const override { return connection_; }
  void Stop() override;

 private:
  void Append(const entitysync::bus::PublishQueue::Message& message);
  void Follow(entitysync::bus::BusListener& listener);
  bool Wanted(std::string_view subject) const;

  const std::string path_;
  std::vector<std::string> subscriptions_;
  int file_ = -1;
  off_t read_to_ = 0;
  std::atomic<uint64_t> connection_ = 0;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<entitysync::bus::PublishQueue> queue_;
  std::thread follower_;
};
