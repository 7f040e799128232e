#pragma once

#include <map>
#include <string>
#include <vector>

namespace entitysync::config {

// Where something was said: a place in a file, or a flag of the command line (then without line).
struct Place {
  std::string source;  // "gateway.yaml", "--front-listen", or empty: said nowhere, a default.
  int line = 0;        // From 1; 0: none.
  int column = 0;

  std::string ToString() const;
  friend bool operator==(const Place&, const Place&) = default;
};

// One fault of a configuration. Shows neither secrets nor what came from the environment.
struct Problem {
  Place place;
  std::string setting;  // "targets.app.timeout", or empty: the whole file.
  std::string message;  // What is wrong and what to do.

  std::string ToString() const;
};

// Where each setting that was said was said, by its full name.
using Origins = std::map<std::string, Place>;

// One line each, in the order of the file; above a hundred the rest is counted only.
std::string ToString(std::vector<Problem> problems);

}  // namespace entitysync::config
