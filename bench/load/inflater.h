#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace entitysync::bench {

// Undoes permessage-deflate of messages that do not build on each other (no context takeover). One
// for all connections of a thread, which owns it. Limits: 1 MiB per message.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // False if the payload is no such message.
  bool Inflate(std::string_view payload);

  // Of the last one; until the next.
  std::string_view text() const { return text_; }

 private:
  bool Feed(std::string_view bytes);

  z_stream stream_ = {};
  std::string buffer_;
  std::string_view text_;
};

}  // namespace entitysync::bench
