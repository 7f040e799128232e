#include "bench/load/classic_dialect.h"

#include "bench/lib/frame_stream.h"

namespace entitysync::bench {

void ClassicDialect::PresentSecret(std::string_view secret, std::string& out) {
  std::string message = R"({"action":"secret","body":")";
  message += secret;
  message += R"("})";
  AppendFrame(kTextFrame, /*masked=*/true, message, out);
}

void ClassicDialect::Subscribe(uint32_t key, std::string& out) {
  std::string message = R"({"action":"subscribe","body":{"entity":"items","id":")";
  message += std::to_string(key);
  message += R"("}})";
  AppendFrame(kTextFrame, /*masked=*/true, message, out);
}

}  // namespace entitysync::bench
