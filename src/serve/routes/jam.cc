// GET /v1/jam: a WebSocket on which a person in a browser plays live with a band.
#include "serve/jam.h"

namespace sage {

const serve::Route& jam_route() {
  static const serve::Route route = {
      .method = "GET",
      .path = "/v1/jam",
      .summary =
          "Playing live: a WebSocket (protocol sage-music; a key as a second protocol, key. and "
          "the "
          "key in Base64 for URLs). Messages are described in docs/page.md",
      .quick = true,
      .act = [](serve::Call& call) -> Result<void> {
        call.answer.error(426, "upgrade_required", "this is a WebSocket; open it as one");
        return {};
      },
      .open = serve::jam_talk};
  return route;
}

}  // namespace sage
