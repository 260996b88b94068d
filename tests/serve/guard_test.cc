#include "serve/guard.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sage::serve {
namespace {

constexpr const char* kKey = "0123456789abcdef";

HttpRequest asking(const std::string& path, HttpHeaders headers) {
  HttpRequest request;
  request.method = "POST";
  request.path = path;
  request.headers = std::move(headers);
  return request;
}

int status(const std::string& path, HttpHeaders headers, const GuardOptions& options = {}) {
  return refusal_of(asking(path, std::move(headers)), options).status;
}

TEST(Guard, AnswersToItsOwnNamesAlone) {
  for (const char* host : {"127.0.0.1:8765", "localhost:8765", "localhost", "[::1]:8765"})
    EXPECT_EQ(status("/v1/generate", {{"host", host}}), 0) << host;
  for (const char* host :
       {"evil.example", "evil.example:8765", "localhost.evil.example", "[::2]", "["})
    EXPECT_EQ(status("/v1/generate", {{"host", host}}), 403) << host;
  EXPECT_EQ(status("/v1/generate", {}), 400);
}

TEST(Guard, RefusesOtherOrigins) {
  const auto from = [](const char* origin, const GuardOptions& options = {}) {
    return status("/v1/generate", {{"host", "localhost:8765"}, {"origin", origin}}, options);
  };
  EXPECT_EQ(from("http://localhost:8765"), 0);
  for (const char* origin :
       {"http://localhost:9999", "https://evil.example", "null", "http://", ""})
    EXPECT_EQ(from(origin), *origin == '\0' ? 0 : 403) << origin;
  EXPECT_EQ(from("https://music.example", {.origins = {"https://music.example"}}), 0);
}

TEST(Guard, WantsAKey) {
  const GuardOptions options = {.keys = {kKey, "another-key-of-22-chars"}};
  const auto with = [&](HttpHeaders headers) {
    headers["host"] = "music.example";
    return status("/v1/takes", std::move(headers), options);
  };
  EXPECT_EQ(with({}), 401);
  EXPECT_EQ(with({{"authorization", std::string("Bearer ") + kKey}}), 0);
  EXPECT_EQ(with({{"x-api-key", "another-key-of-22-chars"}}), 0);
  EXPECT_EQ(with({{"authorization", "Bearer 0123456789abcdeF"}}), 401);
  EXPECT_EQ(with({{"authorization", "Bearer 0123456789abcdef0123456789abcdef"}}), 401);
  EXPECT_EQ(with({{"authorization", kKey}}), 401);
  // Browsers' WebSockets: "key." and Base64 for URLs, among the protocols.
  EXPECT_EQ(with({{"sec-websocket-protocol", "sage-music, key.MDEyMzQ1Njc4OWFiY2RlZg"}}), 0);
  EXPECT_EQ(with({{"sec-websocket-protocol", "key.MDEyMzQ1Njc4OWFiY2RlZg,sage-music"}}), 0);
  for (const char* offered :
       {"sage-music", "key.", "key.MDEyMzQ1Njc4OWFiY2RlZw", "key.0123456789abcdef", "key.*", ",,"})
    EXPECT_EQ(with({{"sec-websocket-protocol", offered}}), 401) << offered;
  EXPECT_EQ(status("/metrics", {{"host", "music.example"}}, options), 401);
  EXPECT_EQ(status("/health", {{"host", "music.example"}}, options), 0);
  EXPECT_EQ(status("/", {{"host", "music.example"}}, options), 0);
}

TEST(Guard, ReadsKeys) {
  const std::string path = testing::TempDir() + "/keys.txt";
  ASSERT_TRUE(write_text(path, std::string("# mine\n\n") + kKey + "\r\n"));
  EXPECT_EQ(read_keys(path).value(), std::vector<std::string>{kKey});
  ASSERT_TRUE(write_text(path, "# none\n"));
  EXPECT_FALSE(read_keys(path));
  ASSERT_TRUE(write_text(path, "short\n"));
  EXPECT_FALSE(read_keys(path));
}

}  // namespace
}  // namespace sage::serve
