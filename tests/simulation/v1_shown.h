#pragma once

#include <boost/json/array.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/content_hash.h"
#include "tests/simulation/rows.h"
#include "tests/simulation/v1_wire.h"

namespace entitysync::simulation {

// What a v1 client has of an entity.
struct V1Shown {
  std::string version;
  std::optional<boost::json::array> rows;  // Nothing: the entity does not exist.
};

// Applies a State, Removed or Patch, whatever version a patch is for. False: it cannot be applied.
bool Apply(const ServerEvent& event, std::optional<V1Shown>& shown);

// Applies a JSON Patch (RFC 6902) of "add", "remove" and "replace". False: it cannot be applied.
bool ApplyJsonPatch(std::string_view operations, boost::json::array& rows);

// Whether these are the rows, as JSON documents are equal.
bool IsSame(const boost::json::array& shown, const base::Rows& rows);

// What the first of the rows says; there is one.
Row FirstRow(const V1Shown& shown);

// For people.
std::string Describe(const std::optional<V1Shown>& shown);

}  // namespace entitysync::simulation
