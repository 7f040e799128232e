#include "service/sample/statement.h"

namespace sample {

Statement::Statement(sqlite3* connection, std::string_view sql) : connection_(connection) {
  Check(sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &statement_,
                           nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::Bind(std::string_view text) {
  Check(sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::Bind(int64_t number) {
  Check(sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

bool Statement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Check(code);
  return false;
}

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

int64_t Statement::Number(int column) const { return sqlite3_column_int64(statement_, column); }

void Statement::Check(int code) const {
  if (code != SQLITE_OK) throw DatabaseError(sqlite3_errmsg(connection_));
}

}  // namespace sample
