#include "service/sample/entities.h"

#include "service/sample/json.h"
#include "service/sample/viewer.h"

namespace sample {
namespace {

using entitysync::Answer;
using entitysync::FetchContext;
using entitysync::RowWriter;

absl::Status Stranger() { return absl::PermissionDeniedError("this secret stands for nobody"); }

// One row, which depends on who looks.
absl::StatusOr<Answer> FetchItem(Database& database, const FetchContext& context) {
  const auto viewer = FindViewer(context.secret());
  if (!viewer) return Stranger();
  const auto item = database.GetItem(context.key().id);
  if (!item) return absl::NotFoundError("no such item");
  return Answer{{ToRow(*item, *viewer)}, static_cast<uint64_t>(item->version)};
}

// Several rows for one entity, by the other form of fetch function.
absl::Status WriteReport(Database& database, const FetchContext& context, RowWriter& write) {
  const auto viewer = FindViewer(context.secret());
  if (!viewer) return Stranger();
  const auto report = database.GetReport(context.key().id);
  if (!report) return absl::NotFoundError("no such report");
  for (std::string& row : ToRows(*report, *viewer)) write(std::move(row));
  write.SetVersion(static_cast<uint64_t>(report->version));
  return absl::OkStatus();
}

absl::StatusOr<Answer> FetchFloor(Database& database, const FetchContext& context) {
  if (!FindViewer(context.secret())) return Stranger();
  if (context.key().id != "main") return absl::NotFoundError("no such floor");
  const Floor floor = database.GetFloor();
  return Answer{{ToRow(floor)}, static_cast<uint64_t>(floor.version)};
}

}  // namespace

void RegisterEntities(Database& database, entitysync::ServiceOptions& options) {
  options.fetch["items"] = [&](const FetchContext& context) {
    return FetchItem(database, context);
  };
  options.fetch["reports"] =
      entitysync::WritingRows([&](const FetchContext& context, RowWriter& write) {
        return WriteReport(database, context, write);
      });
  options.fetch["floors"] = [&](const FetchContext& context) {
    return FetchFloor(database, context);
  };
}

}  // namespace sample
