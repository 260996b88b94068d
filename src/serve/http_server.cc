// Boost takes long to compile: only this, http_connection.cc and web_socket.cc include it.
#include "serve/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "serve/http_connection.h"

namespace sage::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class BeastServer : public HttpServer {
 public:
  BeastServer(const HttpOptions& options, HttpHooks hooks)
      : state_(std::make_shared<ServerState>()), acceptor_(context_), retry_(context_) {
    state_->options = options;
    state_->hooks = std::move(hooks);
  }
  ~BeastServer() override { stop(); }

  Result<void> listen() {
    const HttpOptions& options = state_->options;
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
    return {state_->connections, state_->accepted, state_->refused, state_->evicted};
  }

  void drain(int seconds) override {
    asio::post(context_, [this] {
      state_->stopping = true;
      error_code code;
      acceptor_.close(code);
      retry_.cancel();
      while (!state_->idle.empty()) {
        const auto connection = state_->idle.front().lock();
        if (!connection) break;
        connection->close();
      }
      for (const auto& channel : state_->channels)
        if (const auto socket = channel.lock()) socket->go_away();
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (state_->answering + state_->open_channels > 0 && std::chrono::steady_clock::now() < end)
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
      ++state_->accepted;
      if (state_->connections >= state_->options.max_connections) make_room();
      if (state_->connections < state_->options.max_connections)
        std::make_shared<Connection>(std::move(socket), state_)->start();
      else
        ++state_->refused;
      accept();
    });
  }

  /// Closes the connection that has waited longest for its client.
  void make_room() {
    if (state_->idle.empty()) return;
    const auto connection = state_->idle.front().lock();
    if (!connection) return;
    ++state_->evicted;
    connection->close();
  }

  std::shared_ptr<ServerState> state_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::thread thread_;
  int port_ = 0;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options, HttpHooks hooks) {
  auto server = std::make_unique<BeastServer>(options, std::move(hooks));
  if (auto done = server->listen(); !done) return tl::unexpected(done.error());
  return server;
}

}  // namespace sage::serve
