// GET /metrics: counters for Prometheus.
#include "serve/route.h"

namespace sage {

const serve::Route& metrics_route() {
  static const serve::Route route = {.method = "GET",
                                     .path = "/metrics",
                                     .summary = "Counters in the text format of Prometheus",
                                     .quick = true,
                                     .act = [](serve::Call& call) -> Result<void> {
                                       call.answer.bytes(
                                           call.state.metrics.text(call.state.gauges()),
                                           "text/plain; version=0.0.4");
                                       return {};
                                     }};
  return route;
}

}  // namespace sage
