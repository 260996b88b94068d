// The server as a whole: requests come in, go to their route in their turn, and are answered.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "generate/engine.h"
#include "serve/guard.h"
#include "serve/http_server.h"
#include "serve/route.h"

namespace sage::serve {

struct ServiceOptions {
  HttpOptions http;
  GuardOptions guard;
  RequestLimits limits;
  int workers = 1;      // jobs at once
  int threads = 1;      // of each, for the model
  Performer performer;  // of new notes; none: as the model writes them
  std::string version;
  std::filesystem::path page;  // the built page's folder; empty: none
};

class Service {
 public:
  /// Takes requests when it returns. Errors: an address other than the loopback without a key; the
  /// page's and the address's.
  static Result<std::unique_ptr<Service>> start(std::shared_ptr<const Engine> engine,
                                                const ServiceOptions& options);
  ~Service();  // as stop(0)

  int port() const;
  /// Takes no more requests, gives running ones `grace_seconds` to end, then stops them.
  void stop(int grace_seconds);

 private:
  class Impl;
  explicit Service(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sage::serve
