#pragma once

#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "entitysync/service.h"
#include "service/sample/database.h"

namespace sample {

// Work going on: changes random orders while it is switched on.
//
// Owner and lifetime: main. Uses the database and the service, which outlive it.
// Threading: any thread; one of its own. Limits: `per_second` changes.
// Errors: a database that refuses a change ends the stream, with a line on standard error.
class RandomChanges {
 public:
  RandomChanges(Database& database, entitysync::Service& service, int per_second);
  ~RandomChanges();
  RandomChanges(const RandomChanges&) = delete;
  RandomChanges& operator=(const RandomChanges&) = delete;

  // Switches the stream on or off; all pages see it.
  void Switch(bool on);

 private:
  void Run();
  void ChangeOne();
  void Set(const std::string& id, const char* field, const std::string& value);
  const std::string& Pick(const std::vector<std::string>& values);

  Database& database_;
  entitysync::Service& service_;
  const std::chrono::nanoseconds pause_;
  const std::vector<std::string> items_;
  std::mt19937 random_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool on_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sample
