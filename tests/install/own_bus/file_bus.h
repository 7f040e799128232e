#pragma once

#include <entitysync/gateway/bus_link.h>
#include <entitysync/gateway/subject.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

// A bus of one's own: a file that every link appends to and follows, in this process or another. It
// never loses a message, so there is nothing to report; an append does not block for long.
class FileBus : public entitysync::bus::BusLink {
 public:
  explicit FileBus(const std::string& path)
      : file_(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND, 0600)) {}
  ~FileBus() override {
    Stop();
    close(file_);
  }

  absl::Status Start(std::vector<std::string> subscriptions,
                     entitysync::bus::BusListener& listener) override {
    if (file_ < 0) return absl::InvalidArgumentError("cannot open the bus's file");
    for (const std::string& subscription : subscriptions) {
      const absl::Status valid = entitysync::bus::ValidateSubscription(subscription);
      if (!valid.ok()) return valid;
    }
    read_to_ = lseek(file_, 0, SEEK_END);
    follower_ = std::thread([this, subscriptions, &listener] { Follow(subscriptions, listener); });
    return absl::OkStatus();
  }

  absl::Status Publish(std::string_view subject, std::string_view payload) override {
    const absl::Status valid = entitysync::bus::ValidateMessage(subject, payload);
    if (!valid.ok()) return valid;
    if (connection_ == 0 || stopping_) return absl::UnavailableError("not connected");
    const uint32_t sizes[2] = {static_cast<uint32_t>(subject.size()),
                               static_cast<uint32_t>(payload.size())};
    std::string record(reinterpret_cast<const char*>(sizes), sizeof(sizes));
    record.append(subject).append(payload);
    // One append, so that records of several links do not mix.
    const bool whole = write(file_, record.data(), record.size()) == ssize_t(record.size());
    return whole ? absl::OkStatus() : absl::UnavailableError("the bus's disk is full");
  }

  uint64_t Connection() const override { return connection_; }

  void Stop() override {
    stopping_ = true;
    if (follower_.joinable()) follower_.join();
  }

 private:
  void Follow(const std::vector<std::string>& wanted, entitysync::bus::BusListener& listener) {
    connection_ = 1;
    listener.OnConnected();
    while (!stopping_) {
      uint32_t sizes[2] = {};
      const bool begun = pread(file_, sizes, sizeof(sizes), read_to_) == sizeof(sizes);
      std::string record(size_t{sizes[0]} + sizes[1], '\0');
      const off_t body = read_to_ + off_t{sizeof(sizes)};
      if (!begun || pread(file_, record.data(), record.size(), body) < ssize_t(record.size())) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // Not there yet, or not whole.
        continue;
      }
      read_to_ = body + off_t(record.size());
      const std::string_view subject(record.data(), sizes[0]);
      const auto matches = [&](const auto& each) {
        return entitysync::bus::Matches(each, subject);
      };
      if (std::any_of(wanted.begin(), wanted.end(), matches)) {
        listener.OnMessage(subject, std::string_view(record).substr(sizes[0]));
      }
    }
  }

  const int file_;
  off_t read_to_ = 0;
  std::atomic<uint64_t> connection_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread follower_;
};
