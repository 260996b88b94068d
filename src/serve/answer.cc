#include "serve/answer.h"

#include <utility>

namespace sage::serve {
namespace {

constexpr std::string_view kJson = "application/json";

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

HttpHeaders headers_of(std::string_view type) {
  return {{"Content-Type", std::string(type)},
          {"Cache-Control", "no-store"},
          {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace

std::string error_body(std::string_view code, std::string_view message) {
  return text_of({{"error", {{"code", code}, {"message", message}}}});
}

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kLimit:
      return "too_large";
    case ErrorCode::kMismatch:
      return "mismatch";
    case ErrorCode::kInterrupted:
      return "stopped";
    case ErrorCode::kIo:
      return "internal";
  }
  return "internal";
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kMalformed:
      return 400;
    case ErrorCode::kUnsupported:
    case ErrorCode::kMismatch:
      return 422;
    case ErrorCode::kLimit:
      return 413;
    case ErrorCode::kInterrupted:
      return 503;
    case ErrorCode::kIo:
      return 500;
  }
  return 500;
}

Answer::Answer(std::shared_ptr<Reply> reply, std::string route, bool events, Metrics& metrics)
    : reply_(std::move(reply)), route_(std::move(route)), events_(events), metrics_(metrics) {}

double Answer::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Answer::count(int status) { metrics_.answered(route_, status, seconds()); }

void Answer::json(const Json& json, int status) {
  reply_->send(status, std::make_shared<const std::string>(text_of(json)), headers_of(kJson));
  count(status);
}

void Answer::bytes(std::string bytes, std::string_view type) {
  reply_->send(200, std::make_shared<const std::string>(std::move(bytes)), headers_of(type));
  count(200);
}

void Answer::error(int status, std::string_view code, std::string_view message) {
  const std::string body = error_body(code, message);
  if (begun_) {  // the status is out; the client learns it from the last event
    reply_->write("event: error\ndata: " + body + "\n\n");
    reply_->end();
  } else {
    HttpHeaders headers = headers_of(kJson);
    if (status == 503) headers["Retry-After"] = "1";
    if (status == 401) headers["WWW-Authenticate"] = "Bearer";
    reply_->send(status, std::make_shared<const std::string>(body), std::move(headers));
  }
  count(status);
}

void Answer::error(const Error& error) {
  this->error(status_of(error.code), name_of(error.code), to_string(error));
}

void Answer::event(std::string_view name, const Json& data) {
  if (!events_) return;
  if (!std::exchange(begun_, true)) {
    HttpHeaders headers = headers_of("text/event-stream");
    headers["X-Accel-Buffering"] = "no";  // proxies pass each event on at once
    reply_->begin(200, std::move(headers));
  }
  reply_->write("event: " + std::string(name) + "\ndata: " + text_of(data) + "\n\n");
}

void Answer::done(const Json& data) {
  if (!events_) return json(data);
  event("done", data);
  reply_->end();
  count(200);
}

}  // namespace sage::serve
