#include "serve/http_connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

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

}  // namespace

Connection::Connection(tcp::socket socket, std::shared_ptr<ServerState> state)
    : stream_(std::move(socket)), state_(std::move(state)) {
  error_code code;
  const auto end = stream_.socket().remote_endpoint(code);
  if (!code) peer_ = end.address().to_string();
  stream_.socket().set_option(tcp::no_delay(true), code);
  ++state_->connections;
}

Connection::~Connection() {
  leave_idle();
  --state_->connections;
}

void Connection::close() {
  if (gone_.exchange(true)) return;
  leave_idle();
  if (answering()) {
    ++turn_;
    --state_->answering;
  }
  stream_.close();
}

void Connection::put(unsigned turn, std::string own, std::shared_ptr<const std::string> shared) {
  if (turn != turn_ || gone_) return;
  unsent_ += own.size() + (shared ? shared->size() : 0);
  if (unsent_ > state_->options.max_unsent_bytes + (shared ? shared->size() : 0)) return close();
  if (!own.empty()) out_.push_back({std::move(own), nullptr});
  if (shared && !shared->empty()) out_.push_back({{}, std::move(shared)});
  pump();
}

void Connection::finish(unsigned turn) {
  if (turn != turn_) return;
  finished_ = true;
  pump();
}

void Connection::leave_idle() {
  if (idle_place_) state_->idle.erase(*std::exchange(idle_place_, std::nullopt));
}

void Connection::read() {
  if (state_->stopping) return close();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(state_->options.max_header_bytes));
  parser_->body_limit(state_->options.max_body_bytes);
  enter_idle();
  stream_.expires_after(std::chrono::seconds(state_->options.header_seconds));
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code code, std::size_t) {
                            self->leave_idle();
                            self->on_header(code);
                          });
}

void Connection::on_header(error_code code) {
  if (code == http::error::end_of_stream || code == beast::error::timeout ||
      code == asio::error::operation_aborted) {
    if (code == beast::error::timeout && buffer_.size() > 0) ++state_->refused;
    return close();
  }
  if (code) return refuse_unread(code);
  request_ = request_of(parser_->get().base(), peer_);
  keep_ = parser_->keep_alive();
  is_head_ = request_.method == "HEAD";
  if (const auto refusal = state_->hooks.guard(request_); refusal.status != 0)
    return refuse(refusal.status, refusal.code, refusal.message);
  if (beast::websocket::is_upgrade(parser_->get()))
    if (auto talk = state_->hooks.opener(request_)) return become_channel(std::move(talk));
  if (lower(request_.header("expect")) == "100-continue") {
    static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(std::chrono::seconds(state_->options.write_seconds));
    asio::async_write(stream_, asio::buffer(go_on),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                        if (failed) return self->close();
                        self->read_body();
                      });
    return;
  }
  read_body();
}

void Connection::read_body() {
  stream_.expires_after(std::chrono::seconds(state_->options.body_seconds));
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code code, std::size_t) {
                     if (code == beast::error::timeout)
                       return self->refuse(408, "timeout", "the request took too long to arrive");
                     if (code) return self->refuse_unread(code);
                     self->answer();
                   });
}

void Connection::become_channel(std::shared_ptr<Talk> talk) {
  if (state_->channels.size() >= state_->options.max_channels)
    return refuse(503, "busy", "too many people are connected; try again later");
  // A client that sends messages before it is told to has not read how this goes.
  if (!parser_->is_done() || buffer_.size() > 0)
    return refuse(400, "bad_request", "this is no beginning of a WebSocket");
  gone_ = true;  // this object has no connection any more
  ++state_->connections;
  ++state_->open_channels;
  const auto place = state_->channels.emplace(state_->channels.end());
  const WebSocketLimits limits{.max_message_bytes = state_->options.max_channel_message_bytes,
                               .max_unsent_bytes = std::size_t{1} << 20,
                               .seconds = state_->options.header_seconds};
  auto socket = std::make_shared<WebSocket>(std::move(stream_), std::move(talk), limits,
                                            [state = state_, place] {
                                              state->channels.erase(place);
                                              --state->open_channels;
                                              --state->connections;
                                            });
  *place = socket;
  socket->accept(parser_->release());
}

std::string Connection::body_limit_message() const {
  return "the body is larger than " + std::to_string(state_->options.max_body_bytes >> 20) + " MiB";
}

void Connection::refuse_unread(error_code code) {
  if (code == http::error::body_limit) return refuse(413, "too_large", body_limit_message());
  if (code == http::error::header_limit)
    return refuse(431, "too_large",
                  "the header is larger than " +
                      std::to_string(state_->options.max_header_bytes >> 10) + " KiB");
  // A reset or the like: nobody is left to read an explanation.
  if (code.category() != make_error_code(http::error::bad_method).category()) return close();
  refuse(400, "bad_request", "this is not an HTTP/1.1 request");
}

void Connection::refuse(int status, std::string_view code, std::string_view message) {
  ++state_->refused;
  keep_ = false;
  linger_ = true;
  ++turn_;
  ++state_->answering;
  const std::string body = state_->hooks.explain(code, message);
  put(turn_, head_of(status, {{"Content-Type", "application/json"},
                              {"Content-Length", std::to_string(body.size())},
                              {"Connection", "close"}}) +
                 (is_head_ ? "" : body));
  finish(turn_);
}

void Connection::watch() {
  if (watching_) return;
  watching_ = true;
  stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code code) {
    self->watching_ = false;
    if (code || !self->answering()) return;
    error_code unknown;
    if (self->stream_.socket().available(unknown) == 0 || unknown) self->close();
  });
}

void Connection::pump() {
  if (writing_ || gone_) return;
  if (out_.empty()) {
    if (finished_) next();
    return;
  }
  writing_ = true;
  stream_.expires_after(std::chrono::seconds(state_->options.write_seconds));
  asio::async_write(stream_, out_.front().buffer(),
                    [self = shared_from_this()](error_code code, std::size_t written) {
                      self->writing_ = false;
                      self->unsent_ -= std::min(self->unsent_, written);
                      if (code) return self->close();
                      self->out_.pop_front();
                      self->pump();
                    });
}

void Connection::next() {
  finished_ = false;
  if (!answering()) return;
  ++turn_;
  --state_->answering;
  if (linger_) return linger();
  if (!keep_) return close();
  read();
}

void Connection::linger() {
  error_code code;
  stream_.socket().shutdown(tcp::socket::shutdown_send, code);
  stream_.expires_after(std::chrono::seconds(2));
  discard(0);
}

void Connection::discard(std::size_t so_far) {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(std::size_t{64} << 10),
                          [self = shared_from_this(), so_far](error_code code, std::size_t more) {
                            if (code || so_far + more > (std::size_t{8} << 20))
                              return self->close();
                            self->discard(so_far + more);
                          });
}

void Connection::answer() {
  request_.body = std::move(parser_->get().body());
  keep_ = keep_ && !state_->stopping;
  ++turn_;
  ++state_->answering;
  stream_.expires_never();
  watch();
  const bool chunked = parser_->get().version() >= 11;
  keep_ = keep_ && chunked;
  state_->hooks.handler(
      std::exchange(request_, {}),
      std::make_shared<ConnectionReply>(
          shared_from_this(), turn_,
          ConnectionReply::Form{.has_body = !is_head_, .keep = keep_, .chunked = chunked}));
}

}  // namespace sage::serve
