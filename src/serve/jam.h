// A person in a browser and a band that listens: a live session (src/live) over a channel.
//
// Messages are JSON texts with a "type"; docs/page.md lists them. Times are milliseconds of the
// session's clock, which a client learns by ping. What the person plays comes with the time at
// which it was played; what the band plays goes out `ahead` of the time at which it is to sound, so
// that neither suffers from the network.
#pragma once

#include <memory>

#include "serve/http.h"
#include "serve/route.h"

namespace sage::serve {

/// One end of a channel on which a client may start one session.
std::shared_ptr<Talk> jam_talk(ServiceState& state);

}  // namespace sage::serve
