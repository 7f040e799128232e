#include "service/sample/json.h"

#include <boost/json.hpp>

namespace sample {

namespace json = boost::json;

std::string ToRow(const Item& item, const Viewer& viewer) {
  json::object row{{"type", "item"},
                   {"id", item.id},
                   {"name", item.name},
                   {"station", item.station},
                   {"status", item.status},
                   {"quantity", item.quantity},
                   {"progress", item.progress},
                   {"version", item.version}};
  if (viewer.sees_costs) row["unitCost"] = item.unit_cost;
  return json::serialize(row);
}

std::string ToRow(const Floor& floor) {
  return json::serialize(json::object{{"type", "floor"},
                                      {"items", json::value_from(floor.items)},
                                      {"reports", json::value_from(floor.reports)},
                                      {"stations", json::value_from(Stations())},
                                      {"statuses", json::value_from(Statuses())},
                                      {"stream", floor.stream}});
}

std::vector<std::string> ToRows(const Report& report, const Viewer& viewer) {
  json::object department{{"type", "department"},
                          {"report", report.id},
                          {"name", report.department},
                          {"headcount", report.headcount}};
  if (viewer.sees_costs) department["budget"] = report.budget;
  return {json::serialize(json::object{{"type", "report"},
                                       {"id", report.id},
                                       {"title", report.title},
                                       {"note", report.note},
                                       {"version", report.version}}),
          json::serialize(json::object{{"type", "author"},
                                       {"report", report.id},
                                       {"id", report.author_id},
                                       {"name", report.author},
                                       {"role", report.author_role}}),
          json::serialize(department)};
}

}  // namespace sample
