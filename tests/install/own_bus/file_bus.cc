#include "file_bus.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

namespace bus = entitysync::bus;

// What stands before each message in the file.
struct Header {
  uint32_t subject_bytes = 0;
  uint32_t payload_bytes = 0;
};

static bool IsSubject(std::string_view text) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  };
  return text.size() <= 700 && !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == text.npos && std::all_of(text.begin(), text.end(), allowed);
}

absl::Status FileBus::Start(std::vector<std::string> subscriptions, bus::BusListener& listener) {
  for (std::string_view subject : subscriptions) {
    if (subject.ends_with(".>")) subject.remove_suffix(2);
    if (!IsSubject(subject)) {
      return absl::InvalidArgumentError("not a subject to subscribe to");
    }
  }
  subscriptions_ = std::move(subscriptions);
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND, 0600);
  if (file_ < 0) return absl::InvalidArgumentError("cannot open " + path_);
  read_to_ = lseek(file_, 0, SEEK_END);
  queue_ = std::make_unique<bus::PublishQueue>(bus::PublishQueue::Limits(),
                                               [this](const auto& message) { Append(message); });
  follower_ = std::thread([this, &listener] { Follow(listener); });
  return absl::OkStatus();
}

absl::Status FileBus::Publish(std::string_view subject, std::string_view payload) {
  if (!IsSubject(subject) || payload.size() > 512 * 1024) {
    return absl::InvalidArgumentError("not a subject, or more than 512 KiB");
  }
  if (connection_ == 0) return absl::UnavailableError("not connected yet");
  return queue_->Push(subject, payload, connection_);
}

// A message is written whole before the file's size grows past it for a reader that takes the lock.
void FileBus::Append(const bus::PublishQueue::Message& message) {
  const Header header{static_cast<uint32_t>(message.subject.size()),
                      static_cast<uint32_t>(message.payload.size())};
  std::string record(reinterpret_cast<const char*>(&header), sizeof(header));
  record += message.subject + message.payload;
  flock(file_, LOCK_EX);
  for (size_t done = 0; done < record.size();) {
    const ssize_t written = write(file_, record.data() + done, record.size() - done);
    if (written > 0) done += static_cast<size_t>(written);
  }
  flock(file_, LOCK_UN);
}

void FileBus::Follow(bus::BusListener& listener) {
  connection_ = 1;
  listener.OnConnected();
  while (!stopping_) {
    Header header;
    if (pread(file_, &header, sizeof(header), read_to_) < ssize_t{sizeof(header)}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    const off_t body = read_to_ + ssize_t{sizeof(header)};
    std::string record(header.subject_bytes + header.payload_bytes, '\0');
    // The rest of the record may still be on its way.
    if (pread(file_, record.data(), record.size(), body) < static_cast<ssize_t>(record.size())) {
      continue;
    }
    read_to_ = body + static_cast<off_t>(record.size());
    const std::string_view subject(record.data(), header.subject_bytes);
    if (Wanted(subject)) {
      listener.OnMessage(subject, std::string_view(record).substr(header.subject_bytes));
    }
  }
}

bool FileBus::Wanted(std::string_view subject) const {
  return std::any_of(subscriptions_.begin(), subscriptions_.end(), [&](std::string_view wanted) {
    if (!wanted.ends_with(".>")) return subject == wanted;
    wanted.remove_suffix(1);
    return subject.starts_with(wanted) && subject.size() > wanted.size();
  });
}

void FileBus::Stop() {
  if (file_ < 0) return;
  queue_->Stop(std::chrono::seconds(1));
  stopping_ = true;
  follower_.join();
  close(std::exchange(file_, -1));
}
