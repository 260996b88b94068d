#include "serve/web_socket.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace sage::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

/// The name of the protocol, which a client may offer; a browser that offers some wants one back.
constexpr std::string_view kProtocol = "sage-music";

/// Whether the list in a header holds it.
bool offers_protocol(beast::string_view list) {
  for (std::string_view rest(list.data(), list.size()); !rest.empty();) {
    const std::size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == kProtocol) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
  return false;
}

/// What other threads hold of a WebSocket.
class SocketChannel final : public Channel {
 public:
  explicit SocketChannel(const std::shared_ptr<WebSocket>& socket,
                         beast::tcp_stream::executor_type executor)
      : socket_(socket), executor_(std::move(executor)) {}

  void send(std::string text) override {
    post([text = std::move(text)](WebSocket& socket) mutable { socket.send(std::move(text)); });
  }
  void close(std::string reason) override {
    post([reason = std::move(reason)](WebSocket& socket) {
      socket.close(
          reason.empty() ? websocket::close_code::normal : websocket::close_code::policy_error,
          reason);
    });
  }

 private:
  template <class Act>
  void post(Act act) {
    asio::post(executor_, [socket = socket_, act = std::move(act)]() mutable {
      if (const auto there = socket.lock()) act(*there);
    });
  }

  std::weak_ptr<WebSocket> socket_;
  beast::tcp_stream::executor_type executor_;
};

constexpr std::size_t kLongestReason = 120;  // the protocol allows 123 bytes

}  // namespace

WebSocket::WebSocket(beast::tcp_stream stream, std::shared_ptr<Talk> talk,
                     const WebSocketLimits& limits, std::function<void()> ended)
    : stream_(std::move(stream)),
      talk_(std::move(talk)),
      limits_(limits),
      ended_(std::move(ended)) {}

WebSocket::~WebSocket() { end(); }

void WebSocket::accept(Request request) {
  request_ = std::move(request);
  beast::get_lowest_layer(stream_).expires_never();
  const std::chrono::seconds seconds(limits_.seconds);
  stream_.set_option(websocket::stream_base::timeout{seconds, seconds, true});
  stream_.read_message_max(limits_.max_message_bytes);
  if (offers_protocol(request_[http::field::sec_websocket_protocol]))
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol,
                   beast::string_view(kProtocol.data(), kProtocol.size()));
    }));
  stream_.async_accept(request_, [self = shared_from_this()](error_code code) {
    if (code) return self->end();
    self->opened_ = true;
    self->stream_.text(true);
    self->talk_->opened(std::make_shared<SocketChannel>(self, self->stream_.get_executor()));
    self->read();
  });
}

void WebSocket::read() {
  stream_.async_read(buffer_, [self = shared_from_this()](error_code code, std::size_t) {
    if (code) return self->end();  // closed, lost, too slow, too large: the stream has said why
    if (!self->closing_) {
      if (!self->stream_.got_text()) {
        self->close(websocket::close_code::unknown_data, "messages are text");
      } else {
        const auto data = self->buffer_.data();
        self->talk_->heard({static_cast<const char*>(data.data()), data.size()});
      }
    }
    self->buffer_.consume(self->buffer_.size());
    self->read();
  });
}

void WebSocket::go_away() { close(websocket::close_code::going_away, "the server stops"); }

void WebSocket::send(std::string text) {
  if (gone_ || closing_) return;
  unsent_ += text.size();
  if (unsent_ > limits_.max_unsent_bytes) return end();
  out_.push_back(std::move(text));
  pump();
}

void WebSocket::close(websocket::close_code code, const std::string& reason) {
  if (closing_ || gone_) return;
  closing_ = true;
  const std::string few = reason.substr(0, kLongestReason);
  reason_ = {code, beast::string_view(few.data(), few.size())};
  pump();
}

void WebSocket::pump() {
  if (writing_ || gone_ || close_sent_ || !opened_) return;
  if (!out_.empty()) {
    writing_ = true;
    stream_.async_write(asio::buffer(out_.front()),
                        [self = shared_from_this()](error_code code, std::size_t) {
                          self->writing_ = false;
                          if (code) return self->end();
                          self->unsent_ -= self->out_.front().size();
                          self->out_.pop_front();
                          self->pump();
                        });
    return;
  }
  if (!closing_) return;
  close_sent_ = true;
  // The pending read ends when the other side has closed too, or has taken too long.
  stream_.async_close(reason_, [self = shared_from_this()](error_code) { self->end(); });
}

void WebSocket::end() {
  if (std::exchange(gone_, true)) return;
  beast::get_lowest_layer(stream_).close();
  if (opened_) talk_->closed();
  ended_();
}

}  // namespace sage::serve
