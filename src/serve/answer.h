// How a route answers: one JSON object, or events as they come (text/event-stream), or an error of
// either; with the right HTTP status, and counted. Used by one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "serve/fields.h"
#include "serve/http.h"
#include "serve/metrics.h"

namespace sage::serve {

/// {"error": {"code": ..., "message": ...}}
std::string error_body(std::string_view code, std::string_view message);

/// A name for clients, and the HTTP status that goes with an error of the library.
std::string_view name_of(ErrorCode code);
int status_of(ErrorCode code);

class Answer {
 public:
  Answer(std::shared_ptr<Reply> reply, std::string route, bool events, Metrics& metrics);

  /// Whether the client wants events.
  bool streams() const { return events_; }
  bool gone() const { return reply_->gone(); }
  double seconds() const;

  void json(const Json& json, int status = 200);
  void bytes(std::string bytes, std::string_view type);
  void error(int status, std::string_view code, std::string_view message);
  void error(const Error& error);

  /// One event; the first one begins the answer. Nothing where the client wants no events.
  void event(std::string_view name, const Json& data);
  /// The last one, or the same as plain JSON.
  void done(const Json& data);

 private:
  void count(int status);

  std::shared_ptr<Reply> reply_;
  std::string route_;
  bool events_, begun_ = false;
  Metrics& metrics_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace sage::serve
