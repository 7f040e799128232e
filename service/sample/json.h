#pragma once

#include <string>
#include <vector>

#include "service/sample/database.h"
#include "service/sample/viewer.h"

namespace sample {

// Rows as the page reads them: each a JSON object whose "type" says what it is. Costs are left out
// for viewers who may not see them.
std::string ToRow(const Item& item, const Viewer& viewer);
std::string ToRow(const Floor& floor);

// A report is three rows: itself, its author and its department.
std::vector<std::string> ToRows(const Report& report, const Viewer& viewer);

}  // namespace sample
