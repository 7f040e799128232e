#include "service/sample/database.h"

#include <algorithm>
#include <charconv>

#include "service/sample/statement.h"

namespace sample {
namespace {

// Versions start at the time of creation: so they keep growing for the gateways, who do not know
// that a database was deleted and made anew.
constexpr char kSchema[] = R"sql(
CREATE TABLE IF NOT EXISTS items (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, station TEXT NOT NULL, status TEXT NOT NULL,
  quantity INTEGER NOT NULL, progress INTEGER NOT NULL, unit_cost INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT (strftime('%s', 'now') * 1000));
CREATE TABLE IF NOT EXISTS authors (id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS departments (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, headcount INTEGER NOT NULL, budget INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reports (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, note TEXT NOT NULL,
  author TEXT NOT NULL REFERENCES authors(id),
  department TEXT NOT NULL REFERENCES departments(id),
  version INTEGER NOT NULL DEFAULT (strftime('%s', 'now') * 1000));
CREATE TABLE IF NOT EXISTS floor (
  stream INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT (strftime('%s', 'now') * 1000));
)sql";

constexpr char kPeople[] = R"sql(
INSERT INTO authors VALUES ('ada', 'Ada Brandt', 'Shift lead'), ('noor', 'Noor Haddad', 'Planner'),
  ('tomas', 'Tomás Vega', 'Quality');
INSERT INTO departments VALUES ('assembly', 'Assembly', 18, 4250000);
INSERT INTO reports (id, title, note, author, department)
  VALUES ('shift', 'Shift report', 'Handover at 14:00. Watch the coating queue.', 'ada', 'assembly');
INSERT INTO floor (stream) VALUES (0);
)sql";

constexpr const char* kNames[] = {
    "Gearbox housing", "Drive shaft",  "Control panel",  "Bearing block", "Valve body",
    "Pump impeller",   "Sensor mount", "Hydraulic ram",  "Rotor hub",     "Cable harness",
    "Cooling plate",   "Spindle nose", "Linear carriage"};

// The value as a number within the bounds, or nothing.
std::optional<int64_t> ToNumber(std::string_view text, int64_t min, int64_t max) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool valid = error == std::errc() && end == text.data() + text.size();
  return valid && number >= min && number <= max ? std::optional(number) : std::nullopt;
}

bool IsOneOf(const std::vector<std::string>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Whether an order's field may be set to the value. Also keeps field names safe to put into SQL.
bool IsAllowed(std::string_view field, std::string_view value) {
  if (field == "station") return IsOneOf(Stations(), value);
  if (field == "status") return IsOneOf(Statuses(), value);
  if (field == "quantity") return ToNumber(value, 0, 100'000).has_value();
  if (field == "progress") return ToNumber(value, 0, 100).has_value();
  return false;
}

}  // namespace

const std::vector<std::string>& Stations() {
  static const std::vector<std::string> stations = {"Cutting",  "Welding", "Coating",
                                                    "Assembly", "Testing", "Packing"};
  return stations;
}

const std::vector<std::string>& Statuses() {
  static const std::vector<std::string> statuses = {"queued", "running", "blocked", "done"};
  return statuses;
}

Database::Database(const std::string& path, int items) : connection_(nullptr, sqlite3_close) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open(path.c_str(), &connection);
  connection_.reset(connection);
  if (code != SQLITE_OK) {
    throw DatabaseError("cannot open " + path + ": " + sqlite3_errmsg(connection));
  }
  sqlite3_busy_timeout(connection, 5'000);
  Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  Execute(kSchema);
  Statement empty(connection, "SELECT count(*) FROM items");
  if (empty.Step() && empty.Number(0) == 0) Fill(items);
}

Database::~Database() = default;

void Database::Fill(int items) {
  Execute("BEGIN");
  for (int i = 0; i < items; ++i) {
    const auto pick = [i](const auto& values, int stride) {
      return std::string(values[static_cast<size_t>(i * stride) % std::size(values)]);
    };
    const std::string status = pick(Statuses(), 3);
    const int64_t progress = status == "done" ? 100 : status == "queued" ? 0 : 8 + (i * 37) % 85;
    Statement(connection_.get(),
              "INSERT INTO items (id, name, station, status, quantity, progress, unit_cost) "
              "VALUES (?, ?, ?, ?, ?, ?, ?)")
        .Bind(std::to_string(100 + i))
        .Bind(pick(kNames, 1))
        .Bind(pick(Stations(), 5))
        .Bind(status)
        .Bind(int64_t{20 + (i * 53) % 380})
        .Bind(progress)
        .Bind(int64_t{450 + (i * 1'733) % 18'000})
        .Step();
  }
  Execute(kPeople);
  Execute("COMMIT");
}

std::optional<Item> Database::GetItem(std::string_view id) {
  std::lock_guard lock(mutex_);
  Statement query(connection_.get(),
                  "SELECT id, name, station, status, quantity, progress, unit_cost, version "
                  "FROM items WHERE id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return Item{query.Text(0),   query.Text(1),   query.Text(2),   query.Text(3),
              query.Number(4), query.Number(5), query.Number(6), query.Number(7)};
}

std::optional<Report> Database::GetReport(std::string_view id) {
  std::lock_guard lock(mutex_);
  Statement query(connection_.get(),
                  "SELECT r.id, r.title, r.note, a.id, a.name, a.role, d.name, d.headcount, "
                  "d.budget, r.version FROM reports r JOIN authors a ON a.id = r.author "
                  "JOIN departments d ON d.id = r.department WHERE r.id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return Report{query.Text(0), query.Text(1), query.Text(2),   query.Text(3),   query.Text(4),
                query.Text(5), query.Text(6), query.Number(7), query.Number(8), query.Number(9)};
}

Floor Database::GetFloor() {
  std::lock_guard lock(mutex_);
  Floor floor;
  floor.items = Ids("SELECT id FROM items ORDER BY id");
  floor.reports = Ids("SELECT id FROM reports ORDER BY id");
  Statement query(connection_.get(), "SELECT stream, version FROM floor");
  if (query.Step()) {
    floor.stream = query.Number(0) != 0;
    floor.version = query.Number(1);
  }
  return floor;
}

std::optional<int64_t> Database::SetItem(std::string_view id, std::string_view field,
                                         std::string_view value) {
  if (!IsAllowed(field, value)) return std::nullopt;
  std::lock_guard lock(mutex_);
  Statement update(connection_.get(),
                   "UPDATE items SET " + std::string(field) +
                       " = ?, version = version + 1 WHERE id = ? RETURNING version");
  if (!update.Bind(value).Bind(id).Step()) return std::nullopt;
  const int64_t version = update.Number(0);
  update.Step();  // To the end: this commits.
  return version;
}

std::optional<int64_t> Database::SetReport(std::string_view id, std::string_view field,
                                           std::string_view value) {
  if ((field != "note" && field != "author") || value.size() > 500) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (field == "author" &&
      !Statement(connection_.get(), "SELECT 1 FROM authors WHERE id = ?").Bind(value).Step()) {
    return std::nullopt;
  }
  Statement update(connection_.get(),
                   "UPDATE reports SET " + std::string(field) +
                       " = ?, version = version + 1 WHERE id = ? RETURNING version");
  if (!update.Bind(value).Bind(id).Step()) return std::nullopt;
  const int64_t version = update.Number(0);
  update.Step();
  return version;
}

int64_t Database::SetStream(bool on) {
  std::lock_guard lock(mutex_);
  Statement update(connection_.get(),
                   "UPDATE floor SET stream = ?, version = version + 1 RETURNING version");
  update.Bind(int64_t{on});
  const int64_t version = update.Step() ? update.Number(0) : 0;
  update.Step();
  return version;
}

void Database::Execute(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw DatabaseError(sqlite3_errmsg(connection_.get()));
  }
}

std::vector<std::string> Database::Ids(std::string_view sql) {
  std::vector<std::string> ids;
  Statement query(connection_.get(), sql);
  while (query.Step()) ids.push_back(query.Text(0));
  return ids;
}

}  // namespace sample
