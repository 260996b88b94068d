// One client of the HTTP server: its requests, one after the other, and their replies. Lives in the
// server's thread; what other threads reply is carried there.
//
// Shows Boost: for http_server.cc alone.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "serve/http_options.h"
#include "serve/web_socket.h"

namespace sage::serve {

class Connection;

/// What connections share; used in the server's thread alone.
struct ServerState {
  HttpOptions options;
  HttpHooks hooks;
  std::list<std::weak_ptr<Connection>> idle;  // longest first
  std::list<std::weak_ptr<WebSocket>> channels;
  std::atomic<std::size_t> connections{0}, accepted{0}, refused{0}, evicted{0};
  std::atomic<std::size_t> answering{0}, open_channels{0};
  bool stopping = false;
};

/// One client. Reads a request, waits for the reply to be sent, reads the next.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state);
  ~Connection();

  auto executor() { return stream_.get_executor(); }
  void start() { read(); }
  void close();
  bool answering() const { return turn_ % 2 == 1; }
  bool gone() const { return gone_; }
  unsigned turn() const { return turn_; }

  // For the reply of one turn; others come too late.
  void put(unsigned turn, std::string own, std::shared_ptr<const std::string> shared = nullptr);
  void finish(unsigned turn);

 private:
  struct Piece {
    std::string own;
    std::shared_ptr<const std::string> shared;
    boost::asio::const_buffer buffer() const {
      return shared ? boost::asio::buffer(*shared) : boost::asio::buffer(own);
    }
  };

  void enter_idle() { idle_place_ = state_->idle.insert(state_->idle.end(), weak_from_this()); }
  void leave_idle();
  void read();
  void on_header(boost::system::error_code code);
  void read_body();
  /// From here on the connection is the WebSocket's.
  void become_channel(std::shared_ptr<Talk> talk);
  std::string body_limit_message() const;
  void answer();
  void refuse_unread(boost::system::error_code code);
  /// Answers without having read the request to its end, so the connection cannot go on.
  void refuse(int status, std::string_view code, std::string_view message);
  /// Notices that the client closes while it waits.
  void watch();
  void pump();
  /// The reply is sent.
  void next();
  /// Reads a little of what a refused client still sends, so that it sees the answer.
  void linger();
  void discard(std::size_t so_far);

  boost::beast::tcp_stream stream_;
  std::shared_ptr<ServerState> state_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  HttpRequest request_;
  std::string peer_;
  std::deque<Piece> out_;
  std::size_t unsent_ = 0;
  std::optional<std::list<std::weak_ptr<Connection>>::iterator> idle_place_;
  unsigned turn_ = 0;  // odd while a reply is due
  bool keep_ = true, linger_ = false, is_head_ = false;
  bool writing_ = false, finished_ = false, watching_ = false;
  std::atomic<bool> gone_{false};
};

}  // namespace sage::serve
