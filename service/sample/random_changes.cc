#include "service/sample/random_changes.h"

#include <algorithm>
#include <iostream>

#include "service/sample/statement.h"

namespace sample {

RandomChanges::RandomChanges(Database& database, entitysync::Service& service, int per_second)
    : database_(database),
      service_(service),
      pause_(std::chrono::nanoseconds(1'000'000'000) / per_second),
      items_(database.GetFloor().items),
      random_(std::random_device()()) {
  Switch(false);  // Nothing runs at the start, whatever the database remembers.
  thread_ = std::thread([this] { Run(); });
}

RandomChanges::~RandomChanges() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void RandomChanges::Switch(bool on) {
  {
    std::lock_guard lock(mutex_);
    on_ = on;
  }
  wake_.notify_all();
  const auto version = static_cast<uint64_t>(database_.SetStream(on));
  service_.NotifyLater(entitysync::Change{{"floors", "main"}, version});
}

void RandomChanges::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait(lock, [this] { return on_ || stopping_; });
    lock.unlock();
    try {
      if (!items_.empty()) ChangeOne();
    } catch (const DatabaseError& error) {
      std::cerr << "entity-sync-sample: the stream of changes ended: " << error.what() << std::endl;
      return;
    }
    lock.lock();
    wake_.wait_for(lock, pause_, [this] { return stopping_; });
  }
}

void RandomChanges::ChangeOne() {
  const std::string& id = Pick(items_);
  const auto item = database_.GetItem(id);
  if (!item) return;
  const auto dice = random_() % 12;
  if (item->status != "running") {
    if (dice > 4) return;  // Orders wait for a while.
    if (item->progress >= 100) Set(id, "progress", "0");
    Set(id, "status", "running");
  } else if (dice == 0) {
    Set(id, "status", random_() % 2 == 0 ? "blocked" : "queued");
  } else if (dice == 1) {
    Set(id, "station", Pick(Stations()));
  } else if (dice == 2) {
    Set(id, "quantity", std::to_string(20 + random_() % 400));
  } else {
    const int64_t progress =
        std::min<int64_t>(100, item->progress + 2 + static_cast<int64_t>(random_() % 9));
    Set(id, "progress", std::to_string(progress));
    if (progress == 100) Set(id, "status", "done");
  }
}

void RandomChanges::Set(const std::string& id, const char* field, const std::string& value) {
  const auto version = database_.SetItem(id, field, value);
  if (version) {
    service_.NotifyLater(entitysync::Change{{"items", id}, static_cast<uint64_t>(*version)});
  }
}

const std::string& RandomChanges::Pick(const std::vector<std::string>& values) {
  return values[random_() % values.size()];
}

}  // namespace sample
