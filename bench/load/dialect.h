#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/lib/row.h"

namespace entitysync::bench {

// How clients speak: all that a connection needs to know of it.
class Dialect {
 public:
  virtual ~Dialect() = default;

  // What to offer in Sec-WebSocket-Protocol; empty: nothing.
  virtual std::string_view Subprotocol() const { return ""; }

  // Appended as frames.
  virtual void PresentSecret(std::string_view secret, std::string& out) const = 0;
  virtual void Subscribe(uint32_t key, std::string& out) const = 0;

  // The state in a text message; nothing if it is none.
  virtual std::optional<Row> StateIn(std::string_view message) const = 0;
  // Whether a message that is no state may come.
  virtual bool MayCome(std::string_view /*message*/) const { return false; }
};

// The dialects by name: "classic" or "v1" (in JSON). They live as long as the program.
const Dialect& ClassicDialect();
const Dialect& V1Dialect();

}  // namespace entitysync::bench
