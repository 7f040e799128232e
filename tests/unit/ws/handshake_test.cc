#include "gateway/ws/handshake.h"

#include <gtest/gtest.h>

#include <boost/beast/websocket/rfc6455.hpp>
#include <string>
#include <vector>

namespace entitysync::ws {
namespace {

namespace http = boost::beast::http;

// What a browser sends, to be varied.
Request BrowserRequest(std::string target = "/ws/entity-sync/") {
  Request request(http::verb::get, target, 11);
  request.set(http::field::host, "gateway.example");
  request.set(http::field::connection, "keep-alive, Upgrade");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::sec_websocket_version, "13");
  request.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  request.set(http::field::origin, "https://gateway.example");
  return request;
}

unsigned StatusOf(const Decision& decision) {
  const auto* answer = std::get_if<HttpAnswer>(&decision);
  return answer == nullptr ? 101 : static_cast<unsigned>(answer->status);
}

unsigned StatusOf(const Request& request, const Options& options = {}) {
  return StatusOf(DecideUpgrade(request, options));
}

std::string SecretOf(const Request& request, const Options& options = {}) {
  const Decision decision = DecideUpgrade(request, options);
  const auto* upgrade = std::get_if<Upgrade>(&decision);
  return upgrade == nullptr ? "<refused>" : upgrade->handshake.secret;
}

TEST(HandshakeTest, ABrowserMayConnectWithAndWithoutTheLastSlash) {
  EXPECT_EQ(StatusOf(BrowserRequest("/ws/entity-sync/")), 101u);
  EXPECT_EQ(StatusOf(BrowserRequest("/ws/entity-sync")), 101u);
  EXPECT_EQ(StatusOf(BrowserRequest("/ws/entity-sync?x=1")), 101u);
  Options elsewhere;
  elsewhere.path = "/live";
  EXPECT_EQ(StatusOf(BrowserRequest("/live/"), elsewhere), 101u);
  EXPECT_EQ(StatusOf(BrowserRequest("/ws/entity-sync/"), elsewhere), 404u);
}

TEST(HandshakeTest, OtherPathsAreNotFound) {
  for (const char* target :
       {"/", "/ws", "/ws/entity-sync//", "/ws/entity-syncx", "/?/ws/entity-sync"}) {
    EXPECT_EQ(StatusOf(BrowserRequest(target)), 404u) << target;
  }
}

TEST(HandshakeTest, OnlyGetOpensAWebsocket) {
  Request request = BrowserRequest();
  request.method(http::verb::post);
  const Decision decision = DecideUpgrade(request, {});
  EXPECT_EQ(StatusOf(decision), 405u);
  EXPECT_EQ(std::get<HttpAnswer>(decision).header->second, "GET");
}

TEST(HandshakeTest, ARequestThatIsNoUpgradeIsBad) {
  for (auto field : {http::field::connection, http::field::upgrade, http::field::sec_websocket_key,
                     http::field::sec_websocket_version}) {
    Request request = BrowserRequest();
    request.erase(field);
    EXPECT_EQ(StatusOf(request), 400u) << field;
  }
  Request old = BrowserRequest();
  old.version(10);
  EXPECT_EQ(StatusOf(old), 400u);
}

TEST(HandshakeTest, TheWordThatCountsMayStandInASecondHeader) {
  Request request = BrowserRequest();
  request.set(http::field::connection, "keep-alive");
  request.insert(http::field::connection, "Upgrade");
  request.set(http::field::upgrade, "h2c");
  request.insert(http::field::upgrade, "websocket");
  EXPECT_EQ(StatusOf(request), 101u);
  EXPECT_FALSE(boost::beast::websocket::is_upgrade(request));
  MakePlain(request);
  EXPECT_TRUE(boost::beast::websocket::is_upgrade(request));
}

TEST(HandshakeTest, ARequestHasOneHost) {
  Request none = BrowserRequest();
  none.erase(http::field::host);
  none.erase(http::field::origin);
  EXPECT_EQ(StatusOf(none), 400u);
  Request two = BrowserRequest();
  two.insert(http::field::host, "other.example");
  EXPECT_EQ(StatusOf(two), 400u);
}

TEST(HandshakeTest, AnotherVersionIsToldWhichOneIsSpoken) {
  Request request = BrowserRequest();
  request.set(http::field::sec_websocket_version, "8");
  const Decision decision = DecideUpgrade(request, {});
  ASSERT_EQ(StatusOf(decision), 400u);
  const auto& header = std::get<HttpAnswer>(decision).header;
  EXPECT_EQ(header->first, http::field::sec_websocket_version);
  EXPECT_EQ(header->second, "13");
}

TEST(HandshakeTest, TheKeyMustBeSixteenBytesOfBase64) {
  for (const char* key : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ=!",
                          "dGhlIHNhbXBsZSBub25jZQ==x", "dGhlIHNhbXBs ZSBub25jZQ=="}) {
    Request request = BrowserRequest();
    request.set(http::field::sec_websocket_key, key);
    EXPECT_EQ(StatusOf(request), 400u) << key;
  }
}

TEST(HandshakeTest, AHandshakeHasNoBody) {
  Request request = BrowserRequest();
  request.set(http::field::content_length, "5");
  EXPECT_EQ(StatusOf(request), 413u);
  request.set(http::field::content_length, "0");
  EXPECT_EQ(StatusOf(request), 101u);
}

TEST(HandshakeTest, OriginsAreCheckedAndClientsWithoutOneAreNoBrowsers) {
  Request request = BrowserRequest();
  request.set(http::field::origin, "https://evil.example");
  EXPECT_EQ(StatusOf(request), 403u);
  Options options;
  options.allowed_origins = {"https://evil.example"};
  EXPECT_EQ(StatusOf(request, options), 101u);
  request.insert(http::field::origin, "https://evil.example");
  EXPECT_EQ(StatusOf(request, options), 403u) << "two origins are one too many";
  request.erase(http::field::origin);
  EXPECT_EQ(StatusOf(request), 101u);
}

TEST(HandshakeTest, SubprotocolsThatNobodySpeaksAreRefusedWithTheListOfThoseSpoken) {
  Request request = BrowserRequest();
  request.set(http::field::sec_websocket_protocol, "graphql-ws, mqtt");
  const Decision decision = DecideUpgrade(request, {});
  ASSERT_EQ(StatusOf(decision), 400u);
  for (const char* spoken : {"entity-sync.v1.json", "entity-sync.v1.proto", "classic"}) {
    EXPECT_NE(std::get<HttpAnswer>(decision).error.find(spoken), std::string::npos);
  }
  request.insert(http::field::sec_websocket_protocol, "bearer.abc");
  EXPECT_EQ(StatusOf(request), 400u) << "a credential beside it makes it no better";
}

TEST(HandshakeTest, TheFirstSubprotocolThatIsSpokenIsSelected) {
  Request request = BrowserRequest();
  EXPECT_EQ(std::get<Upgrade>(DecideUpgrade(request, {})).handshake.v1, std::nullopt);
  request.set(http::field::sec_websocket_protocol,
              "mqtt, bearer.abc, entity-sync.v1.proto, entity-sync.v1.json");
  const Decision decision = DecideUpgrade(request, {});
  ASSERT_EQ(StatusOf(decision), 101u);
  EXPECT_EQ(std::get<Upgrade>(decision).subprotocol, "entity-sync.v1.proto");
  EXPECT_EQ(std::get<Upgrade>(decision).handshake.v1, protocol::V1Form::kProto);
  EXPECT_EQ(std::get<Upgrade>(decision).handshake.secret, "abc");
  request.set(http::field::sec_websocket_protocol, "entity-sync.v1.json");
  EXPECT_EQ(std::get<Upgrade>(DecideUpgrade(request, {})).handshake.v1, protocol::V1Form::kJson);
}

TEST(HandshakeTest, ACredentialItemAloneIsSelectedBecauseBrowsersInsist) {
  Request request = BrowserRequest();
  request.set(http::field::sec_websocket_protocol, "bearer.abc-123");
  const Decision decision = DecideUpgrade(request, {});
  ASSERT_EQ(StatusOf(decision), 101u);
  EXPECT_EQ(std::get<Upgrade>(decision).subprotocol, "bearer.abc-123");
  EXPECT_EQ(std::get<Upgrade>(decision).handshake.secret, "abc-123");
}

TEST(HandshakeTest, WithoutSubprotocolNoneIsSelected) {
  EXPECT_EQ(std::get<Upgrade>(DecideUpgrade(BrowserRequest(), {})).subprotocol, "");
}

TEST(CredentialTest, NothingPresentedIsAnEmptySecret) { EXPECT_EQ(SecretOf(BrowserRequest()), ""); }

TEST(CredentialTest, ComesAsBearerToken) {
  Request request = BrowserRequest();
  request.set(http::field::authorization, "bEaReR  tok/en==");
  EXPECT_EQ(SecretOf(request), "tok/en==");
  request.set(http::field::authorization, "Basic dXNlcjpwYXNz");
  EXPECT_EQ(SecretOf(request), "");
}

TEST(CredentialTest, ComesInTheQueryPercentDecoded) {
  EXPECT_EQ(SecretOf(BrowserRequest("/ws/entity-sync/?a=1&token=a%20b%2Fc%3d&b=2")), "a b/c=");
  EXPECT_EQ(SecretOf(BrowserRequest("/ws/entity-sync/?token=a+b")), "a+b");
  EXPECT_EQ(SecretOf(BrowserRequest("/ws/entity-sync/?token=")), "");
  EXPECT_EQ(SecretOf(BrowserRequest("/ws/entity-sync/?mytoken=x")), "");
}

TEST(CredentialTest, ABadlyEncodedTokenIsRefusedWithoutRepeatingIt) {
  for (const char* token : {"hush%", "hush%2", "hush%zz"}) {
    const Decision decision =
        DecideUpgrade(BrowserRequest(std::string("/ws/entity-sync/?token=") + token), {});
    ASSERT_EQ(StatusOf(decision), 400u) << token;
    EXPECT_EQ(std::get<HttpAnswer>(decision).error.find("hush"), std::string::npos);
  }
}

TEST(CredentialTest, ComesAsTheCookieOfTheConfiguredName) {
  Request request = BrowserRequest();
  request.set(http::field::cookie, "theme=dark; session=\"s3cret=x\"; session2=no");
  Options options;
  EXPECT_EQ(SecretOf(request, options), "") << "no cookie counts unless one is named";
  options.credential_cookie = "session";
  EXPECT_EQ(SecretOf(request, options), "s3cret=x");
  options.credential_cookie = "sess";
  EXPECT_EQ(SecretOf(request, options), "");
}

TEST(CredentialTest, WhatIsMostExplicitWins) {
  Options options;
  options.credential_cookie = "session";
  Request request = BrowserRequest("/ws/entity-sync/?token=query");
  request.set(http::field::cookie, "session=cookie");
  EXPECT_EQ(SecretOf(request, options), "query");
  request.set(http::field::sec_websocket_protocol, "bearer.item");
  EXPECT_EQ(SecretOf(request, options), "item");
  request.set(http::field::authorization, "Bearer header");
  EXPECT_EQ(SecretOf(request, options), "header");
}

// A request that offers extensions in these headers.
Decision DecideOffer(const std::vector<std::string>& headers, bool compression = true) {
  Options options;
  options.compression = compression;
  Request request = BrowserRequest();
  for (const auto& each : headers) request.insert(http::field::sec_websocket_extensions, each);
  return DecideUpgrade(request, options);
}

TEST(HandshakeTest, CompressionIsAnsweredIfItIsOfferedAndConfigured) {
  const auto upgrade_of = [](const Decision& decision) { return std::get<Upgrade>(decision); };
  const Upgrade offered = upgrade_of(DecideOffer({"permessage-deflate; client_max_window_bits"}));
  EXPECT_EQ(offered.extensions,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_TRUE(offered.handshake.takes_deflated);
  const Upgrade in_another = upgrade_of(DecideOffer({"foo", "bar, permessage-deflate"}));
  EXPECT_TRUE(in_another.handshake.takes_deflated);

  for (const Decision& decision :
       {DecideOffer({}), DecideOffer({"foo"}), DecideOffer({"permessage-deflate"}, false)}) {
    EXPECT_EQ(upgrade_of(decision).extensions, "");
    EXPECT_FALSE(upgrade_of(decision).handshake.takes_deflated);
  }
}

TEST(HandshakeTest, MalformedExtensionsAreRefusedWhereTheyAreLookedAt) {
  EXPECT_EQ(StatusOf(DecideOffer({"permessage-deflate;"})), 400u);
  EXPECT_EQ(StatusOf(DecideOffer({"permessage-deflate;"}, false)), 101u);
}

}  // namespace
}  // namespace entitysync::ws
