#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;

namespace sample {

// An order on the shop floor.
struct Item {
  std::string id;
  std::string name;
  std::string station;
  std::string status;     // queued, running, blocked or done
  int64_t quantity = 0;   // pieces
  int64_t progress = 0;   // percent
  int64_t unit_cost = 0;  // cents per piece; for managers only
  int64_t version = 0;    // grows with every change of the row
};

struct Report {
  std::string id;
  std::string title;
  std::string note;
  std::string author_id;
  std::string author;
  std::string author_role;
  std::string department;
  int64_t headcount = 0;
  int64_t budget = 0;  // cents; for managers only
  int64_t version = 0;
};

// What all viewers share: which entities there are, and whether random changes are on.
struct Floor {
  std::vector<std::string> items;
  std::vector<std::string> reports;
  bool stream = false;
  int64_t version = 0;
};

// The application's data in SQLite.
//
// Purpose: what any application has: rows that change in transactions. Each entity has a version
//   that its changes raise, so that gateways can order what they fetch.
// Owner and lifetime: main; outlives the service and the web server.
// Threading: any thread; one connection, one statement at a time. They take microseconds.
// Limits: none of its own. Times: a locked file is waited for up to 5 s.
// Errors: throws DatabaseError. Changes of rows that do not exist, or to values that are not
//   allowed, return nothing.
class Database {
 public:
  // Opens or creates the file (":memory:" for none) and, if it is empty, fills in `items` orders.
  Database(const std::string& path, int items);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::optional<Item> GetItem(std::string_view id);
  std::optional<Report> GetReport(std::string_view id);
  Floor GetFloor();

  // Set one field (one of those that SetItem and SetReport name in database.cc), commit, and return
  // the new version of the entity.
  std::optional<int64_t> SetItem(std::string_view id, std::string_view field,
                                 std::string_view value);
  std::optional<int64_t> SetReport(std::string_view id, std::string_view field,
                                   std::string_view value);
  int64_t SetStream(bool on);

 private:
  void Execute(const char* sql);
  void Fill(int items);
  std::vector<std::string> Ids(std::string_view sql);

  std::mutex mutex_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> connection_;
};

// The stations that orders move through, and the states an order can be in.
const std::vector<std::string>& Stations();
const std::vector<std::string>& Statuses();

}  // namespace sample
