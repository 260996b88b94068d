// GET /openapi.json: the description of all routes, made from the routes themselves.
#include <string>

#include "serve/route.h"

namespace sage {
namespace {

using serve::Json;

Json described(const serve::Route& route) {
  const Json error = {{"$ref", "#/components/schemas/Error"}};
  const Json error_answer = {{"description", "what is wrong"},
                             {"content", {{"application/json", {{"schema", error}}}}}};
  std::string id;
  for (const char* c = route.path; *c != '\0'; ++c) id += *c == '/' || *c == '.' ? '_' : *c;
  Json json = {{"operationId", id.substr(1)},
               {"summary", route.summary},
               {"responses",
                {{"200", {{"description", "done"}}},
                 {"400", error_answer},
                 {"401", error_answer},
                 {"403", error_answer},
                 {"413", error_answer},
                 {"503", error_answer}}}};
  if (route.open != nullptr) {
    json["responses"].erase("200");
    json["responses"]["101"] = {{"description", "a WebSocket"}};
    json["responses"]["426"] = error_answer;
  }
  if (route.schema != nullptr)
    json["requestBody"] = {
        {"required", true},
        {"content", {{"application/json", {{"schema", Json::parse(route.schema)}}}}}};
  return json;
}

constexpr const char* kComponents = R"({
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
  "schemas": {
    "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object",
      "required": ["code", "message"],
      "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}}},
    "Music": {"type": "object", "required": ["tracks"], "properties": {
      "ticks_per_quarter": {"type": "integer", "minimum": 1, "maximum": 32767, "default": 480},
      "tracks": {"type": "array", "items": {"type": "object", "properties": {
        "name": {"type": "string"},
        "program": {"type": "integer", "minimum": 0, "maximum": 128, "description": "128: drums"},
        "part": {"type": "integer", "description": "the part of the MIDI file it came from"},
        "volume": {"type": "integer", "minimum": 0, "maximum": 127},
        "pan": {"type": "integer", "minimum": 0, "maximum": 127},
        "notes": {"type": "array", "items": {"type": "array", "minItems": 4, "maxItems": 4,
          "items": {"type": "integer"}, "description": "onset, duration, pitch, velocity"}}}}},
      "tempos": {"type": "array", "items": {"type": "array", "items": {"type": "integer"},
        "description": "tick, microseconds a quarter"}},
      "meters": {"type": "array", "items": {"type": "array", "items": {"type": "integer"},
        "description": "tick, numerator, denominator"}},
      "keys": {"type": "array", "items": {"type": "array", "items": {"type": "integer"},
        "description": "tick, sharps, 1 for minor"}}}}
  }})";

Result<void> answer_openapi(serve::Call& call) {
  Json paths = Json::object();
  for (const serve::Route* route : route_registry()) {
    std::string method = route->method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    paths[route->path][method] = described(*route);
  }
  call.answer.json({{"openapi", "3.1.0"},
                    {"info",
                     {{"title", "SAGE-Music"},
                      {"version", call.state.version},
                      {"description",
                       "Multi-track symbolic music. Routes that write music answer with JSON or, "
                       "with Accept: text/event-stream, note by note: events note, bar, tempo, "
                       "meter, take, then done or error. Notes of generate come before the whole "
                       "piece is known; velocities of take or done are their final loudness."}}},
                    {"security", {{{"key", Json::array()}}, Json::object()}},
                    {"paths", paths},
                    {"components", Json::parse(kComponents)}});
  return {};
}

}  // namespace

const serve::Route& openapi_route() {
  static const serve::Route route = {.method = "GET",
                                     .path = "/openapi.json",
                                     .summary = "This description",
                                     .quick = true,
                                     .act = answer_openapi};
  return route;
}

}  // namespace sage
