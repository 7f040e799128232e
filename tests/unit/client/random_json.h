#pragma once

#include <boost/json.hpp>
#include <random>
#include <string>

namespace entitysync::client {

// Any JSON value, of a few names so that two of them have something in common.
boost::json::value RandomJson(std::mt19937& random, int depth);

// Another value, most of which is the same.
boost::json::value RandomChange(std::mt19937& random, const boost::json::value& value);

// A JSON Patch that makes `to` of `from`.
boost::json::array Difference(const boost::json::value& from, const boost::json::value& to);

}  // namespace entitysync::client
