// A WebSocket over a connection whose HTTP request asked for one. Lives and dies in the server's
// thread; what other threads say is carried there by the Channel that its Talk is given.
//
// Shows Boost: for http_server.cc alone.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "serve/http.h"

namespace sage::serve {

struct WebSocketLimits {
  std::size_t max_message_bytes = 4096;
  std::size_t max_unsent_bytes = std::size_t{1} << 20;  // beyond it the client is cut
  int seconds = 20;  // without a sign of life, and until it has closed
};

class WebSocket : public std::enable_shared_from_this<WebSocket> {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  /// `ended` is called when all is over.
  WebSocket(boost::beast::tcp_stream stream, std::shared_ptr<Talk> talk,
            const WebSocketLimits& limits, std::function<void()> ended);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  void accept(Request request);
  /// The server stops.
  void go_away();
  void send(std::string text);
  /// Behind all that was sent.
  void close(boost::beast::websocket::close_code code, const std::string& reason);

 private:
  void read();
  void pump();
  void end();

  boost::beast::websocket::stream<boost::beast::tcp_stream> stream_;
  std::shared_ptr<Talk> talk_;
  WebSocketLimits limits_;
  std::function<void()> ended_;
  Request request_;
  boost::beast::flat_buffer buffer_;
  std::deque<std::string> out_;
  std::size_t unsent_ = 0;
  bool writing_ = false, closing_ = false, close_sent_ = false, opened_ = false, gone_ = false;
  boost::beast::websocket::close_reason reason_;
};

}  // namespace sage::serve
