// What can be asked of a model, checked in one place for every way of asking. Errors name the value
// and what there is instead.
#pragma once

#include <vector>

#include "base/error.h"
#include "generate/engine.h"
#include "generate/request.h"
#include "generate/stream_options.h"
#include "score/score.h"

namespace sage {

Result<void> check_program(int program);
Result<void> check_tempo(double bpm);
Result<void> check_presence(double presence);
Result<void> check_meter(const Vocabulary& vocabulary, Meter meter);

/// Refuses a model with merged tokens, several fields a step, or a scheme other than remi+.
Result<void> can_stream(const Engine& engine);
/// Everything in the options of a stream but its wishes. The programs, in the order in which they
/// stand in the header.
Result<std::vector<int>> check_stream(const Engine& engine, const StreamOptions& options);

/// Everything in a request that can be checked before its prompt is read.
Result<void> check_request(const Engine& engine, const Request& request);

/// Whether the model chooses between BAR and EOS, with one token, where a bar is complete; as
/// Request::endings needs it.
bool can_choose_endings(const Engine& engine);

/// How many endings to choose among where nobody says: some for music from nothing that ends where
/// its bars do; none for a continuation, which goes on, perhaps.
int usual_endings(const Engine& engine, const Request& request, bool continues);

}  // namespace sage
