// One thing that the server can be asked: its path, its description, and what it does. A route is a
// file in routes/ and a word in this layer's CMakeLists.txt.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "generate/engine.h"
#include "serve/answer.h"
#include "serve/fields.h"
#include "serve/http.h"
#include "serve/jams.h"
#include "serve/metrics.h"
#include "serve/playing.h"

namespace sage::serve {

struct RequestLimits {
  int max_bars = 512;  // to be written in one request, all takes together
  int max_takes = 16;
  double max_seconds = 120;         // of one job
  double max_render_seconds = 900;  // of sound
  int max_jams = 1;                 // live sessions at once
  double max_jam_seconds = 3600;    // of one
};

/// What routes know of the server.
struct ServiceState {
  std::shared_ptr<const Engine> engine;
  Performer performer;  // of new notes
  std::string version;
  RequestLimits limits;
  int threads = 1;  // of a job, for the model
  Metrics metrics;
  Jams jams;
  std::function<Metrics::Gauges()> gauges;
  std::function<bool()> stopping;
};

/// One request on its way.
struct Call {
  ServiceState& state;
  const HttpRequest& request;
  Answer& answer;
  /// Whether to give up: the client is gone, the time is over, the server stops.
  std::function<bool()> stop;
};

struct Route {
  const char* method;
  const char* path;
  const char* summary;
  /// Answered at once, in the server's own thread; else in its turn by a worker.
  bool quick = false;
  /// The schema of the body as JSON text; null for a GET.
  const char* schema = nullptr;
  /// Answers, or returns what is wrong.
  Result<void> (*act)(Call& call) = nullptr;
  /// Who talks on a channel, where the route has one.
  std::shared_ptr<Talk> (*open)(ServiceState& state) = nullptr;
};

}  // namespace sage::serve

namespace sage {
using serve::Route;
std::span<const serve::Route* const> route_registry();
}  // namespace sage
