#include "serve/service.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include "serve/page_files.h"
#include "serve/workers.h"

namespace sage::serve {
namespace {

constexpr std::size_t kLongestClient = 64;

/// Who waits in one line: an address, and behind it what a page calls itself.
std::string client_of(const HttpRequest& request) {
  return request.peer + " " +
         std::string(request.header("x-sage-client").substr(0, kLongestClient));
}

}  // namespace

class Service::Impl {
 public:
  Impl(std::shared_ptr<const Engine> engine, const ServiceOptions& options, PageFiles page)
      : options_(options), page_(std::move(page)), workers_({.threads = options.workers}) {
    state_.engine = std::move(engine);
    state_.performer = options.performer;
    state_.version = options.version;
    state_.limits = options.limits;
    state_.threads = options.threads;
    state_.stopping = [this] { return stopping_.load(); };
    state_.gauges = [this] {
      const HttpCounts counts = http_->counts();
      return Metrics::Gauges{counts.connections,   counts.accepted,    counts.refused,
                             counts.evicted,       workers_.waiting(), workers_.running(),
                             state_.jams.running()};
    };
  }
  ~Impl() { stop(0); }

  Result<void> start() {
    const std::lock_guard lock(start_mutex_);  // the first requests wait for http_
    HttpHooks hooks;
    hooks.guard = [this](const HttpRequest& request) {
      return refusal_of(request, options_.guard);
    };
    hooks.handler = [this](HttpRequest request, std::shared_ptr<Reply> reply) {
      handle(std::move(request), std::move(reply));
    };
    hooks.opener = [this](const HttpRequest& request) { return open(request); };
    hooks.explain = error_body;
    auto http = HttpServer::start(options_.http, std::move(hooks));
    if (!http) return tl::unexpected(http.error());
    http_ = *std::move(http);
    ready_ = true;
    return {};
  }

  int port() const { return http_->port(); }

  void stop(int grace_seconds) {
    if (std::exchange(stopped_, true) || !http_) return;
    stopping_ = true;
    state_.jams.stop();  // who plays is told how it was
    http_->drain(grace_seconds);
    abort_ = true;
    workers_.stop();
    if (grace_seconds > 0) http_->drain(1);  // who was stopped is told so
    http_->stop();
  }

 private:
  std::shared_ptr<Talk> open(const HttpRequest& request) {
    for (const Route* route : route_registry()) {
      if (route->open == nullptr || request.path != route->path) continue;
      state_.metrics.answered(route->path, 101, 0);
      return route->open(state_);
    }
    return nullptr;
  }

  void handle(HttpRequest request, std::shared_ptr<Reply> reply) {
    if (!ready_) {
      const std::lock_guard wait(start_mutex_);
    }
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const Route* found = nullptr;
    const char* other = nullptr;
    for (const Route* route : route_registry()) {
      if (request.path != route->path) continue;
      if (request.method == route->method || (reads && std::string_view(route->method) == "GET"))
        found = route;
      else
        other = route->method;
    }
    if (found == nullptr && reads && page_.answer(request, *reply)) {
      state_.metrics.answered("page", 200, 0);
      return;
    }
    const bool events =
        request.header("accept").find("text/event-stream") != std::string_view::npos;
    auto answer = std::make_shared<Answer>(reply, found == nullptr ? "unknown" : found->path,
                                           events, state_.metrics);
    if (found == nullptr) {
      if (other != nullptr)
        answer->error(405, "method_not_allowed", request.path + " wants " + other);
      else
        answer->error(404, "not_found", "there is nothing here; see /openapi.json");
      return;
    }
    if (found->quick) {
      run(*found, request, *answer, [] { return false; });
      return;
    }
    const std::string client = client_of(request);
    const bool taken = workers_.submit(client, [this, found, request = std::move(request), answer] {
      const auto end = std::chrono::steady_clock::now() +
                       std::chrono::duration<double>(state_.limits.max_seconds);
      run(*found, request, *answer, [this, end, &answer] {
        return answer->gone() || abort_ || std::chrono::steady_clock::now() > end;
      });
    });
    if (!taken) answer->error(503, "busy", "too many requests are waiting; try again in a moment");
  }

  void run(const Route& route, const HttpRequest& request, Answer& answer,
           const std::function<bool()>& stop) {
    if (answer.gone()) return state_.metrics.abandoned();
    try {
      Call call{state_, request, answer, stop};
      auto done = route.act(call);
      if (done) return;
      if (done.error().code != ErrorCode::kInterrupted) return answer.error(done.error());
      if (answer.gone()) return state_.metrics.abandoned();
      if (abort_) return answer.error(503, "stopped", "the server is stopping");
      answer.error(503, "timeout", "this took too long; ask for less");
    } catch (const std::bad_alloc&) {
      answer.error(503, "busy", "not enough memory; ask for less");
    } catch (const std::exception&) {
      answer.error(500, "internal", "internal error, please report it");
    }
  }

  ServiceOptions options_;
  ServiceState state_;
  PageFiles page_;
  Workers workers_;
  std::mutex start_mutex_;
  std::unique_ptr<HttpServer> http_;  // last: its thread uses all of the above
  std::atomic<bool> ready_{false}, stopping_{false}, abort_{false};
  bool stopped_ = false;
};

Result<std::unique_ptr<Service>> Service::start(std::shared_ptr<const Engine> engine,
                                                const ServiceOptions& options) {
  if (!is_loopback(options.http.host) && options.guard.keys.empty())
    return fail(ErrorCode::kInvalidArgument,
                "on " + options.http.host +
                    " other machines can ask this server, so it needs keys: give --api-key-file");
  auto page = PageFiles::load(options.page);
  if (!page) return tl::unexpected(page.error());
  auto impl = std::make_unique<Impl>(std::move(engine), options, *std::move(page));
  if (auto done = impl->start(); !done) return tl::unexpected(done.error());
  return std::unique_ptr<Service>(new Service(std::move(impl)));
}

Service::Service(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Service::~Service() = default;
int Service::port() const { return impl_->port(); }
void Service::stop(int grace_seconds) { impl_->stop(grace_seconds); }

}  // namespace sage::serve
