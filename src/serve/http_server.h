// HTTP/1.1 and WebSockets over TCP: connections, limits and time-outs. What a request means is the
// handler's business. One thread of its own does all input and output.
//
// Nothing of Boost shows in this header.
#pragma once

#include <cstddef>
#include <memory>

#include "base/error.h"
#include "serve/http_options.h"

namespace sage::serve {

struct HttpCounts {
  std::size_t connections = 0;  // open now
  std::size_t accepted = 0;
  std::size_t refused = 0;  // malformed, too large, too slow
  std::size_t evicted = 0;  // idle ones that made room
};

class HttpServer {
 public:
  /// Listens when it returns. Errors: kIo, naming the address.
  static Result<std::unique_ptr<HttpServer>> start(const HttpOptions& options, HttpHooks hooks);
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
