#include "serve/guard.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/file.h"
#include "serve/base64.h"

namespace sage::serve {
namespace {

constexpr std::size_t kShortestKey = 16;

/// Takes the same time wherever the difference is.
bool same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^
                  static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

/// "localhost" of "localhost:8080", "::1" of "[::1]:8080".
std::string_view host_name(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

/// Of a browser's WebSocket, which cannot send headers of ours: the key as a protocol that it
/// offers, "key." and Base64 for URLs.
std::optional<std::string> protocol_key(std::string_view offered) {
  constexpr std::string_view kPrefix = "key.";
  for (std::istringstream in{std::string(offered)}; in;) {
    std::string one;
    std::getline(in >> std::ws, one, ',');
    while (!one.empty() && one.back() == ' ') one.pop_back();
    if (!one.starts_with(kPrefix)) continue;
    one.erase(0, kPrefix.size());
    std::replace(one.begin(), one.end(), '-', '+');
    std::replace(one.begin(), one.end(), '_', '/');
    one.append((4 - one.size() % 4) % 4, '=');
    const auto bytes = from_base64(one);
    if (bytes) return std::string(bytes->begin(), bytes->end());
  }
  return std::nullopt;
}

std::string key_of(const HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view authorization = request.header("authorization");
  if (authorization.starts_with(kBearer)) return std::string(authorization.substr(kBearer.size()));
  if (const auto key = protocol_key(request.header("sec-websocket-protocol"))) return *key;
  return std::string(request.header("x-api-key"));
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool is_open(std::string_view path) { return !path.starts_with("/v1/") && path != "/metrics"; }

HttpRefusal refusal_of(const HttpRequest& request, const GuardOptions& options) {
  const std::string_view host = request.header("host");
  if (host.empty()) return {400, "bad_request", "the request has no Host header"};
  // Without keys the server listens on the loopback alone, and no other name may lead to it.
  if (options.keys.empty() && !is_loopback(host_name(host)))
    return {
        403, "forbidden",
        "this server answers to localhost alone; with --api-key-file it answers to other names"};
  const std::string_view origin = request.header("origin");
  if (!origin.empty() && !is_open(request.path)) {
    const std::size_t scheme = origin.find("://");
    const bool own = scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
    if (!own &&
        std::find(options.origins.begin(), options.origins.end(), origin) == options.origins.end())
      return {403, "forbidden", "pages of another origin may not ask this server"};
  }
  if (options.keys.empty() || is_open(request.path)) return {};
  const std::string key = key_of(request);
  bool known = false;
  for (const std::string& each : options.keys) known |= same(key, each);
  if (known) return {};
  return {401, "unauthorized",
          key.empty() ? "a key is needed: send the header Authorization: Bearer KEY"
                      : "this key is not known"};
}

Result<std::vector<std::string>> read_keys(const std::string& path) {
  auto text = read_text(path, std::size_t{1} << 20);
  if (!text) return tl::unexpected(text.error());
  std::vector<std::string> keys;
  std::istringstream in(*text);
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    if (line.size() < kShortestKey)
      return fail(
          ErrorCode::kInvalidArgument,
          path + ": a key has fewer than 16 characters; make one with: openssl rand -hex 24");
    keys.push_back(line);
  }
  if (keys.empty())
    return fail(ErrorCode::kInvalidArgument,
                path + " holds no key; put one on a line of its own (openssl rand -hex 24)");
  return keys;
}

}  // namespace sage::serve
