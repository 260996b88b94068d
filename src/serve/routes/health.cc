// GET /health: whether the server takes requests.
#include "serve/route.h"

namespace sage {

const serve::Route& health_route() {
  static const serve::Route route = {.method = "GET",
                                     .path = "/health",
                                     .summary = "Whether the server takes requests",
                                     .quick = true,
                                     .act = [](serve::Call& call) -> Result<void> {
                                       const bool stopping = call.state.stopping();
                                       call.answer.json(
                                           {{"status", stopping ? "stopping" : "ok"},
                                            {"version", call.state.version},
                                            {"model", call.state.engine->weights().hash()}},
                                           stopping ? 503 : 200);
                                       return {};
                                     }};
  return route;
}

}  // namespace sage
