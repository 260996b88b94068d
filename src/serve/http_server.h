// HTTP/1.1 and WebSockets over TCP: connections, limits and time-outs. What a request means is the
// handler's business. One thread of its own does all input and output.
//
// Nothing of Boost shows in this header.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
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

struct HttpCounts {
  std::size_t connections = 0;  // open now
  std::size_t accepted = 0;
  std::size_t refused = 0;  // malformed, too large, too slow
  std::size_t evicted = 0;  // idle ones that made room
};

class HttpServer {
 public:
  /// Called in the server's thread; must not block.
  using Handler = std::function<void(HttpRequest request, std::shared_ptr<Reply> reply)>;
  /// Looks at a request before its body is read; a status other than 0 refuses it with that status
  /// and message.
  struct Refusal {
    int status = 0;
    std::string code, message;
  };
  using Guard = std::function<Refusal(const HttpRequest& request)>;
  /// Asked for a request that wants to become a channel, behind the guard: who talks there. None:
  /// there is no channel at this path, and the request is answered as any other.
  using Opener = std::function<std::shared_ptr<Talk>(const HttpRequest& request)>;
  /// The body of an answer that refuses, as JSON.
  using Explain = std::string (*)(std::string_view code, std::string_view message);

  struct Hooks {
    Guard guard;
    Handler handler;
    Opener opener;
    Explain explain = nullptr;
  };

  /// Listens when it returns. Errors: kIo, naming the address.
  static Result<std::unique_ptr<HttpServer>> start(const HttpOptions& options, Hooks hooks);
  virtual ~HttpServer() = default;  // as stop()

  virtual int port() const = 0;
  virtual HttpCounts counts() const = 0;
  /// Accepts no more connections and closes the idle ones and the channels; returns when all
  /// replies in progress have ended, or `seconds` have passed.
  virtual void drain(int seconds) = 0;
  /// Closes all.
  virtual void stop() = 0;
};

}  // namespace sage::serve
