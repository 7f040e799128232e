#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sample {

// The database refused something. The text is SQLite's.
class DatabaseError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One SQL statement under way. For one thread; the connection outlives it. Throws DatabaseError.
class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Gives the next parameter its value.
  Statement& Bind(std::string_view text);
  Statement& Bind(int64_t number);

  // Moves to the next row of the result. False if there is none.
  bool Step();

  std::string Text(int column) const;
  int64_t Number(int column) const;

 private:
  void Check(int code) const;

  sqlite3* connection_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace sample
