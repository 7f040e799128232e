#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <string>
#include <variant>

#include "gateway/ws/handshake.h"
#include "gateway/ws/request_head.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_stream.h"

namespace entitysync::fuzz {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

// Secrets in the corpus hold this; no text of ours does.
constexpr std::string_view kMarker = "s3cr3t";

ws::Options Options() {
  ws::Options options;
  options.allowed_origins = {"https://shop.example"};
  options.credential_cookie = "session";
  options.compression = true;
  return options;
}

// What the peer got, and what was made of it.
struct Outcome {
  bool readable = false;
  unsigned status = 0;  // 0: no answer.
  std::string answer;
  std::string secret;
};

template <typename Parser>
void ReadWhole(const std::string& bytes, Parser& parser) {
  boost::system::error_code error;
  parser.eager(true);
  Require(parser.put(boost::asio::buffer(bytes), error) == bytes.size() && !error);
  Require(parser.is_done());
}

Outcome Refused(const ws::HttpAnswer& answer) {
  Outcome outcome;
  boost::asio::io_context context;
  MemoryStream stream(context, "", 1);
  boost::system::error_code error;
  http::write(stream, ws::Render(answer), error);
  outcome.answer = stream.written();
  http::response_parser<http::string_body> parser;
  ReadWhole(outcome.answer, parser);
  outcome.status = parser.get().result_int();
  Require(outcome.status >= 400 && outcome.status < 500);
  Require(!parser.keep_alive());
  Require(parser.get().body().starts_with("{\"error\":\"") &&
          parser.get().body().find_first_of("\"\r\n", 10) == parser.get().body().size() - 3);
  Require(outcome.answer.find(kMarker) == std::string::npos);
  return outcome;
}

Outcome Accepted(ws::Request& request, const ws::Upgrade& upgrade) {
  Outcome outcome;
  outcome.secret = upgrade.handshake.secret;
  boost::asio::io_context context;
  beast::websocket::stream<MemoryStream> stream(context, "", 1);
  stream.set_option(
      beast::websocket::stream_base::decorator([&](beast::websocket::response_type& response) {
        ws::AddUpgradeFields(upgrade.subprotocol, upgrade.extensions, response);
      }));
  boost::system::error_code error;
  ws::MakePlain(request);
  stream.accept(request, error);
  Require(!error);  // What we accept, Beast does not refuse.
  outcome.answer = stream.next_layer().written();
  http::response_parser<http::empty_body> parser;
  ReadWhole(outcome.answer, parser);
  outcome.status = parser.get().result_int();
  Require(outcome.status == 101);
  // The credential goes back in one place and one form only (ADR 5).
  const auto protocol = parser.get()[http::field::sec_websocket_protocol];
  Require(std::string_view(protocol.data(), protocol.size()) == upgrade.subprotocol);
  Require(upgrade.subprotocol.empty() || upgrade.subprotocol.starts_with("bearer."));
  Require(parser.get().count(http::field::sec_websocket_protocol) ==
          (upgrade.subprotocol.empty() ? 0 : 1));
  parser.get().erase(http::field::sec_websocket_protocol);
  const auto extensions = parser.get()[http::field::sec_websocket_extensions];
  Require(std::string_view(extensions.data(), extensions.size()) == upgrade.extensions);
  Require(upgrade.handshake.takes_deflated == upgrade.extensions.starts_with("permessage-deflate"));
  for (const auto& field : parser.get()) {
    Require(field.value().find(kMarker.data()) == beast::string_view::npos);
  }
  return outcome;
}

Outcome Handle(std::string_view input, size_t chunk) {
  boost::asio::io_context context;
  MemoryStream stream(context, input, chunk);
  ws::RequestHead head;
  boost::system::error_code error;
  http::read_header(stream, head.buffer, head.parser, error);
  if (error) {
    const std::optional<ws::HttpAnswer> answer = ws::AnswerToUnreadable(error);
    return answer ? Refused(*answer) : Outcome{};
  }
  ws::Request& request = head.parser.get();
  const ws::Decision decision = ws::DecideUpgrade(request, Options());
  const auto* refusal = std::get_if<ws::HttpAnswer>(&decision);
  Outcome outcome =
      refusal ? Refused(*refusal) : Accepted(request, std::get<ws::Upgrade>(decision));
  outcome.readable = true;
  return outcome;
}

}  // namespace
}  // namespace entitysync::fuzz

// The HTTP request that opens a websocket: read, decided and answered as a connection does. What a
// request that can be read comes to does not depend on the pieces in which it arrives.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using entitysync::fuzz::Require;
  const std::string_view input = entitysync::fuzz::AsText(data, size);
  const auto whole = entitysync::fuzz::Handle(input, size + 1);
  const auto pieces = entitysync::fuzz::Handle(input, 7);
  // Near its limit Beast counts a head that comes in pieces otherwise by a few bytes.
  if (size >= entitysync::ws::kMaxRequestHeadBytes) return 0;
  Require(whole.readable == pieces.readable);
  if (!whole.readable) return 0;
  Require(whole.status == pieces.status && whole.answer == pieces.answer &&
          whole.secret == pieces.secret);
  return 0;
}
