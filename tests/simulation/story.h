#pragma once

#include <absl/strings/str_cat.h>

#include <string>

#include "gateway/base/time.h"

namespace entitysync::simulation {

// What happened in a simulation, a line per event, for people. Off unless one seed is replayed:
// then nothing is formatted.
//
// Owner and lifetime: the World. Threading: one thread.
class Story {
 public:
  explicit Story(bool on) : on_(on) {}

  // `elapsed`: since the simulation began.
  template <typename... Parts>
  void Tell(base::Duration elapsed, const Parts&... parts) {
    if (on_) Write(elapsed, absl::StrCat(parts...));
  }

  const std::string& text() const { return text_; }

 private:
  void Write(base::Duration elapsed, const std::string& line);

  const bool on_;
  std::string text_;
};

}  // namespace entitysync::simulation
