// Boost takes long to compile: only this and web_socket.cc include it.
#include "serve/http_server.h"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <deque>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "serve/web_socket.h"

namespace sage::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

HttpRequest request_of(const http::request_header<>& header, std::string peer) {
  HttpRequest request;
  request.method = std::string(view(header.method_string()));
  const std::string_view target = view(header.target());
  const std::size_t mark = target.find('?');
  request.path = std::string(target.substr(0, mark));
  if (mark != std::string_view::npos) request.query = std::string(target.substr(mark + 1));
  for (const auto& field : header)
    request.headers.emplace(lower(view(field.name_string())), view(field.value()));
  request.peer = std::move(peer);
  return request;
}

std::string head_of(int status, const HttpHeaders& headers) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " " +
                     std::string(view(http::obsolete_reason(static_cast<http::status>(status)))) +
                     "\r\n";
  for (const auto& [name, value] : headers) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

std::string chunk_of(const std::string& piece) {
  char size[24];
  const int length = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  return std::string(size, static_cast<std::size_t>(length)) + piece + "\r\n";
}

class Connection;

/// What connections share; used in the server's thread alone.
struct Hall {
  HttpOptions options;
  HttpServer::Hooks hooks;
  std::list<std::weak_ptr<Connection>> idle;  // longest first
  std::list<std::weak_ptr<WebSocket>> channels;
  std::atomic<std::size_t> connections{0}, accepted{0}, refused{0}, evicted{0};
  std::atomic<std::size_t> answering{0}, open_channels{0};
  bool stopping = false;
};

/// One client. Reads a request, waits for the reply to be sent, reads the next.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Hall> hall)
      : stream_(std::move(socket)), hall_(std::move(hall)) {
    error_code code;
    const auto end = stream_.socket().remote_endpoint(code);
    if (!code) peer_ = end.address().to_string();
    stream_.socket().set_option(tcp::no_delay(true), code);
    ++hall_->connections;
  }
  ~Connection() {
    leave_idle();
    --hall_->connections;
  }

  auto executor() { return stream_.get_executor(); }
  void start() { read(); }
  void close() {
    if (gone_.exchange(true)) return;
    leave_idle();
    if (answering()) {
      ++turn_;
      --hall_->answering;
    }
    stream_.close();
  }
  bool answering() const { return turn_ % 2 == 1; }
  bool gone() const { return gone_; }
  unsigned turn() const { return turn_; }

  // For the reply of one turn; others come too late.
  void put(unsigned turn, std::string own, std::shared_ptr<const std::string> shared = nullptr) {
    if (turn != turn_ || gone_) return;
    unsent_ += own.size() + (shared ? shared->size() : 0);
    if (unsent_ > hall_->options.max_unsent_bytes + (shared ? shared->size() : 0)) return close();
    if (!own.empty()) out_.push_back({std::move(own), nullptr});
    if (shared && !shared->empty()) out_.push_back({{}, std::move(shared)});
    pump();
  }
  void finish(unsigned turn) {
    if (turn != turn_) return;
    finished_ = true;
    pump();
  }

 private:
  struct Piece {
    std::string own;
    std::shared_ptr<const std::string> shared;
    asio::const_buffer buffer() const { return shared ? asio::buffer(*shared) : asio::buffer(own); }
  };

  void enter_idle() { idle_place_ = hall_->idle.insert(hall_->idle.end(), weak_from_this()); }
  void leave_idle() {
    if (idle_place_) hall_->idle.erase(*std::exchange(idle_place_, std::nullopt));
  }

  void read() {
    if (hall_->stopping) return close();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(hall_->options.max_header_bytes));
    parser_->body_limit(hall_->options.max_body_bytes);
    enter_idle();
    stream_.expires_after(std::chrono::seconds(hall_->options.header_seconds));
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code code, std::size_t) {
                              self->leave_idle();
                              self->on_header(code);
                            });
  }

  void on_header(error_code code) {
    if (code == http::error::end_of_stream || code == beast::error::timeout ||
        code == asio::error::operation_aborted) {
      if (code == beast::error::timeout && buffer_.size() > 0) ++hall_->refused;
      return close();
    }
    if (code) return refuse_unread(code);
    request_ = request_of(parser_->get().base(), peer_);
    keep_ = parser_->keep_alive();
    is_head_ = request_.method == "HEAD";
    if (const auto refusal = hall_->hooks.guard(request_); refusal.status != 0)
      return refuse(refusal.status, refusal.code, refusal.message);
    if (beast::websocket::is_upgrade(parser_->get()))
      if (auto talk = hall_->hooks.opener(request_)) return become_channel(std::move(talk));
    if (lower(request_.header("expect")) == "100-continue") {
      static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      stream_.expires_after(std::chrono::seconds(hall_->options.write_seconds));
      asio::async_write(stream_, asio::buffer(go_on),
                        [self = shared_from_this()](error_code failed, std::size_t) {
                          if (failed) return self->close();
                          self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    stream_.expires_after(std::chrono::seconds(hall_->options.body_seconds));
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code code, std::size_t) {
                       if (code == beast::error::timeout)
                         return self->refuse(408, "timeout", "the request took too long to arrive");
                       if (code) return self->refuse_unread(code);
                       self->answer();
                     });
  }

  /// From here on the connection is the WebSocket's.
  void become_channel(std::shared_ptr<Talk> talk) {
    if (hall_->channels.size() >= hall_->options.max_channels)
      return refuse(503, "busy", "too many people are connected; try again later");
    // A client that sends messages before it is told to has not read how this goes.
    if (!parser_->is_done() || buffer_.size() > 0)
      return refuse(400, "bad_request", "this is no beginning of a WebSocket");
    gone_ = true;  // this object has no connection any more
    ++hall_->connections;
    ++hall_->open_channels;
    const auto place = hall_->channels.emplace(hall_->channels.end());
    const WebSocketLimits limits{.max_message_bytes = hall_->options.max_channel_message_bytes,
                                 .max_unsent_bytes = std::size_t{1} << 20,
                                 .seconds = hall_->options.header_seconds};
    auto socket = std::make_shared<WebSocket>(std::move(stream_), std::move(talk), limits,
                                              [hall = hall_, place] {
                                                hall->channels.erase(place);
                                                --hall->open_channels;
                                                --hall->connections;
                                              });
    *place = socket;
    socket->accept(parser_->release());
  }

  std::string body_limit_message() const {
    return "the body is larger than " + std::to_string(hall_->options.max_body_bytes >> 20) +
           " MiB";
  }

  void answer();

  void refuse_unread(error_code code) {
    if (code == http::error::body_limit) return refuse(413, "too_large", body_limit_message());
    if (code == http::error::header_limit)
      return refuse(431, "too_large",
                    "the header is larger than " +
                        std::to_string(hall_->options.max_header_bytes >> 10) + " KiB");
    // A reset or the like: nobody is left to read an explanation.
    if (code.category() != make_error_code(http::error::bad_method).category()) return close();
    refuse(400, "bad_request", "this is not an HTTP/1.1 request");
  }

  /// Answers without having read the request to its end, so the connection cannot go on.
  void refuse(int status, std::string_view code, std::string_view message) {
    ++hall_->refused;
    keep_ = false;
    linger_ = true;
    ++turn_;
    ++hall_->answering;
    const std::string body = hall_->hooks.explain(code, message);
    put(turn_, head_of(status, {{"Content-Type", "application/json"},
                                {"Content-Length", std::to_string(body.size())},
                                {"Connection", "close"}}) +
                   (is_head_ ? "" : body));
    finish(turn_);
  }

  /// Notices that the client closes while it waits.
  void watch() {
    if (watching_) return;
    watching_ = true;
    stream_.socket().async_wait(tcp::socket::wait_read,
                                [self = shared_from_this()](error_code code) {
                                  self->watching_ = false;
                                  if (code || !self->answering()) return;
                                  error_code unknown;
                                  if (self->stream_.socket().available(unknown) == 0 || unknown)
                                    self->close();
                                });
  }

  void pump() {
    if (writing_ || gone_) return;
    if (out_.empty()) {
      if (finished_) next();
      return;
    }
    writing_ = true;
    stream_.expires_after(std::chrono::seconds(hall_->options.write_seconds));
    asio::async_write(stream_, out_.front().buffer(),
                      [self = shared_from_this()](error_code code, std::size_t written) {
                        self->writing_ = false;
                        self->unsent_ -= std::min(self->unsent_, written);
                        if (code) return self->close();
                        self->out_.pop_front();
                        self->pump();
                      });
  }

  /// The reply is sent.
  void next() {
    finished_ = false;
    if (!answering()) return;
    ++turn_;
    --hall_->answering;
    if (linger_) return linger();
    if (!keep_) return close();
    read();
  }

  /// Reads a little of what a refused client still sends, so that it sees the answer.
  void linger() {
    error_code code;
    stream_.socket().shutdown(tcp::socket::shutdown_send, code);
    stream_.expires_after(std::chrono::seconds(2));
    discard(0);
  }
  void discard(std::size_t so_far) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(std::size_t{64} << 10),
                            [self = shared_from_this(), so_far](error_code code, std::size_t more) {
                              if (code || so_far + more > (std::size_t{8} << 20))
                                return self->close();
                              self->discard(so_far + more);
                            });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<Hall> hall_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
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

/// Carries what any thread says to the connection's own.
class ConnectionReply : public Reply {
 public:
  struct Form {
    bool has_body = true, keep = true, chunked = true;
  };
  ConnectionReply(std::shared_ptr<Connection> connection, unsigned turn, Form form)
      : connection_(std::move(connection)), turn_(turn), form_(form) {}
  ~ConnectionReply() override {
    if (!ended_) post([](Connection& c, unsigned) { c.close(); });  // never answered
  }

  void send(int status, std::shared_ptr<const std::string> body, HttpHeaders headers) override {
    headers["Content-Length"] = std::to_string(body->size());
    if (!form_.keep) headers["Connection"] = "close";
    if (!form_.has_body) body = nullptr;
    ended_ = true;
    post([head = head_of(status, headers), body = std::move(body)](Connection& c, unsigned turn) {
      c.put(turn, head, body);
      c.finish(turn);
    });
  }
  void begin(int status, HttpHeaders headers) override {
    if (form_.chunked) headers["Transfer-Encoding"] = "chunked";
    if (!form_.keep) headers["Connection"] = "close";
    post([head = head_of(status, headers)](Connection& c, unsigned turn) { c.put(turn, head); });
  }
  void write(std::string piece) override {
    if (piece.empty()) return;
    post([text = form_.chunked ? chunk_of(piece) : std::move(piece)](Connection& c, unsigned turn) {
      c.put(turn, text);
    });
  }
  void end() override {
    ended_ = true;
    post([chunked = form_.chunked](Connection& c, unsigned turn) {
      if (chunked) c.put(turn, "0\r\n\r\n");
      c.finish(turn);
    });
  }
  bool gone() const override { return connection_->gone(); }

 private:
  template <class Act>
  void post(Act act) {
    asio::post(connection_->executor(), [connection = connection_, turn = turn_,
                                         act = std::move(act)] { act(*connection, turn); });
  }

  std::shared_ptr<Connection> connection_;
  unsigned turn_;
  Form form_;
  bool ended_ = false;
};

void Connection::answer() {
  request_.body = std::move(parser_->get().body());
  keep_ = keep_ && !hall_->stopping;
  ++turn_;
  ++hall_->answering;
  stream_.expires_never();
  watch();
  const bool chunked = parser_->get().version() >= 11;
  keep_ = keep_ && chunked;
  hall_->hooks.handler(
      std::exchange(request_, {}),
      std::make_shared<ConnectionReply>(
          shared_from_this(), turn_,
          ConnectionReply::Form{.has_body = !is_head_, .keep = keep_, .chunked = chunked}));
}

class BeastServer : public HttpServer {
 public:
  BeastServer(const HttpOptions& options, Hooks hooks)
      : hall_(std::make_shared<Hall>()), acceptor_(context_), retry_(context_) {
    hall_->options = options;
    hall_->hooks = std::move(hooks);
  }
  ~BeastServer() override { stop(); }

  Result<void> listen() {
    const HttpOptions& options = hall_->options;
    const std::string place = options.host + ":" + std::to_string(options.port);
    error_code code;
    const auto address = asio::ip::make_address(options.host, code);
    if (code)
      return fail(ErrorCode::kInvalidArgument,
                  "'" + options.host + "' is no IP address; use one such as 127.0.0.1 or 0.0.0.0");
    const tcp::endpoint end(address, static_cast<unsigned short>(options.port));
    acceptor_.open(end.protocol(), code);
    if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor_.bind(end, code);
    if (!code) acceptor_.listen(1'024, code);
    if (!code) port_ = acceptor_.local_endpoint(code).port();
    if (code)
      return fail(
          ErrorCode::kIo,
          "cannot listen on " + place + ": " + code.message() +
              (code == asio::error::address_in_use ? "; choose another port with --port" : ""));
    accept();
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  int port() const override { return port_; }
  HttpCounts counts() const override {
    return {hall_->connections, hall_->accepted, hall_->refused, hall_->evicted};
  }

  void drain(int seconds) override {
    asio::post(context_, [this] {
      hall_->stopping = true;
      error_code code;
      acceptor_.close(code);
      retry_.cancel();
      while (!hall_->idle.empty()) {
        const auto connection = hall_->idle.front().lock();
        if (!connection) break;
        connection->close();
      }
      for (const auto& channel : hall_->channels)
        if (const auto socket = channel.lock()) socket->go_away();
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (hall_->answering + hall_->open_channels > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  void stop() override {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code code, tcp::socket socket) {
      if (code == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (code) {  // out of descriptors, say: wait for some to come back
        make_room();
        retry_.expires_after(std::chrono::milliseconds(50));
        retry_.async_wait([this](error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      ++hall_->accepted;
      if (hall_->connections >= hall_->options.max_connections) make_room();
      if (hall_->connections < hall_->options.max_connections)
        std::make_shared<Connection>(std::move(socket), hall_)->start();
      else
        ++hall_->refused;
      accept();
    });
  }

  /// Closes the connection that has waited longest for its client.
  void make_room() {
    if (hall_->idle.empty()) return;
    const auto connection = hall_->idle.front().lock();
    if (!connection) return;
    ++hall_->evicted;
    connection->close();
  }

  std::shared_ptr<Hall> hall_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options, Hooks hooks) {
  auto server = std::make_unique<BeastServer>(options, std::move(hooks));
  if (auto done = server->listen(); !done) return tl::unexpected(done.error());
  return server;
}

}  // namespace sage::serve
