// A request and its reply, or the channel that it asked for, as plain values and interfaces. Knows
// nothing of sockets.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sage::serve {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // without query, not decoded
  std::string query;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;
  std::string peer;  // address of the other side, without port

  /// The value of a header; empty where there is none.
  std::string_view header(std::string_view name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string_view() : std::string_view(at->second);
  }
};

using HttpHeaders = std::map<std::string, std::string, std::less<>>;

/// The answer to one request: either send(), or begin(), write()... and end(). Any thread may call,
/// one at a time. What comes too late for a client that is gone is dropped.
class Reply {
 public:
  virtual ~Reply() = default;
  /// A whole answer. The body is shared, so that files are not copied.
  virtual void send(int status, std::shared_ptr<const std::string> body, HttpHeaders headers) = 0;
  /// An answer in pieces, sent as they come.
  virtual void begin(int status, HttpHeaders headers) = 0;
  virtual void write(std::string piece) = 0;
  virtual void end() = 0;
  /// Whether nobody waits for the answer any more.
  virtual bool gone() const = 0;
};

/// A connection on which both sides send messages when they like (a WebSocket). Any thread may
/// call.
class Channel {
 public:
  virtual ~Channel() = default;
  /// A message; dropped where the client is gone.
  virtual void send(std::string text) = 0;
  /// Behind all that was sent. The reason is a few words of ASCII; empty: all is well.
  virtual void close(std::string reason) = 0;
};

/// Who is at our end of a channel. Called in the server's thread; must not block.
class Talk {
 public:
  virtual ~Talk() = default;
  virtual void opened(std::shared_ptr<Channel> channel) = 0;
  virtual void heard(std::string_view message) = 0;
  /// By whomever; once, and last.
  virtual void closed() = 0;
};

}  // namespace sage::serve
