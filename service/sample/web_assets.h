#pragma once

#include <span>
#include <string_view>

namespace sample {

// A file of the page, built into the program by embed.cmake.
struct Asset {
  std::string_view name;
  std::string_view content;
};

std::span<const Asset> Assets();

}  // namespace sample
