// Limits of the HTTP server, and what it asks of the service above it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "serve/http.h"

namespace sage::serve {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: any free one
  std::size_t max_body_bytes = std::size_t{16} << 20;
  std::size_t max_header_bytes = std::size_t{16} << 10;
  /// Above it, the connection that has been idle longest makes room.
  std::size_t max_connections = 4'096;
  std::size_t max_unsent_bytes = std::size_t{32}
                                 << 20;  // of one reply; beyond it the client is cut
  int header_seconds =
      20;  // until a request's header is there; also how long a connection may idle
  int body_seconds = 60;
  int write_seconds = 30;  // until a client has taken what was sent
  std::size_t max_channels = 64;
  std::size_t max_channel_message_bytes = 4096;  // of a client
};

/// Why a request is refused; nothing where the status is 0.
struct HttpRefusal {
  int status = 0;
  std::string code, message;
};

/// All are called in the server's thread and must not block.
struct HttpHooks {
  /// Looks at a request before its body is read.
  std::function<HttpRefusal(const HttpRequest& request)> guard;
  std::function<void(HttpRequest request, std::shared_ptr<Reply> reply)> handler;
  /// Asked for a request that wants to become a channel, after the guard: who talks there. None:
  /// there is no channel at this path, and the request is answered as any other.
  std::function<std::shared_ptr<Talk>(const HttpRequest& request)> opener;
  /// The body of an answer that refuses, as JSON.
  std::string (*explain)(std::string_view code, std::string_view message) = nullptr;
};

}  // namespace sage::serve
