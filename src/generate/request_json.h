// Requests as JSON objects, for programs in other languages:
//
//   {"bars": 16, "instruments": ["flute", 32, "drums"], "tempo": 120, "meter": "3/4", "seed": 7}
//
// Every key may be missing; an unknown one is an error. docs/embed.md lists them. The piece to
// continue or to change is no part of it.
#pragma once

#include <string_view>
#include <utility>

#include "base/error.h"
#include "generate/engine.h"
#include "generate/infill.h"
#include "generate/request.h"
#include "generate/stream.h"

namespace sage {

/// `continues`: there will be a prompt, behind which no ending is looked for unless asked. Empty
/// text: the defaults.
Result<Request> request_from_json(std::string_view text, const Engine& engine, bool continues);
Result<InfillRequest> infill_request_from_json(std::string_view text);
Result<StreamOptions> stream_options_from_json(std::string_view text);

/// What changes in a stream from now on: {"tempo": 90, "playing": ["drums"], "seed": 3}.
Result<void> change_stream(Stream& stream, std::string_view text);

/// "5-8", "5-" (to the end) or "5" as the first bar, from 0, and a count; 0: to the end.
Result<std::pair<int, int>> bars_from_text(std::string_view text);

}  // namespace sage
