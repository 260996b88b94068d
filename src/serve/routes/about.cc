// GET /v1/about: what the server can do: instruments, routes, limits.
#include "score/program_names.h"
#include "serve/route.h"

namespace sage {

const serve::Route& about_route() {
  static const serve::Route route = {
      .method = "GET",
      .path = "/v1/about",
      .summary = "What the server can do: model, instruments, routes, limits",
      .quick = true,
      .act = [](serve::Call& call) -> Result<void> {
        serve::Json instruments = serve::Json::array(), routes = serve::Json::array();
        for (int program = 0; program < kProgramCount; ++program)
          instruments.push_back(program_name(program));
        for (const serve::Route* each : route_registry()) routes.push_back(each->path);
        const serve::RequestLimits& limits = call.state.limits;
        call.answer.json({{"version", call.state.version},
                          {"model", call.state.engine->weights().hash()},
                          {"instruments", instruments},
                          {"routes", routes},
                          {"limits",
                           {{"bars", limits.max_bars},
                            {"takes", limits.max_takes},
                            {"seconds", limits.max_seconds}}}});
        return {};
      }};
  return route;
}

}  // namespace sage
