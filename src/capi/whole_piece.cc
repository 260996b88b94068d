// Whole pieces through the C interface: generate and infill.
#include <string_view>

#include "capi/handles.h"
#include "capi/status.h"
#include "generate/generator.h"
#include "generate/infill.h"
#include "generate/request_json.h"

namespace sage::capi {
namespace {

std::string_view text_of(const char* text) { return text == nullptr ? "" : text; }

Result<Score> compose(const sage_engine& engine, const Request& request, sage_progress progress,
                      void* user) {
  auto generator = Generator::create(engine.engine, request);
  if (!generator) return tl::unexpected(generator.error());
  int bars = request.prompt ? 1 : 0;  // the generator itself begins the bar after a prompt
  for (;;) {
    const ReadEvent event = generator->next();
    if (event.type == ReadEvent::Type::kEnd) return generator->score();
    if (event.type != ReadEvent::Type::kBar || progress == nullptr) continue;
    if (progress(user, bars++, request.bars) == 0)
      return fail(ErrorCode::kInterrupted, "stopped by the progress callback");
  }
}

}  // namespace
}  // namespace sage::capi

using namespace sage;        // NOLINT: the definitions below are C's
using namespace sage::capi;  // NOLINT

sage_status sage_generate(const sage_engine* engine, const char* request, const sage_score* prompt,
                          sage_progress progress, void* user, sage_score** score) {
  return guarded([&]() -> Result<void> {
    if (engine == nullptr) return missing("engine");
    if (score == nullptr) return missing("score");
    auto wanted = request_from_json(text_of(request), *engine->engine, prompt != nullptr);
    if (!wanted) return tl::unexpected(wanted.error());
    if (prompt != nullptr) wanted->prompt = prompt->score;
    auto piece = compose(*engine, *wanted, progress, user);
    if (!piece) return tl::unexpected(piece.error());
    *score = new sage_score{*std::move(piece)};
    return {};
  });
}

sage_status sage_infill(const sage_engine* engine, const char* request, const sage_score* piece,
                        sage_progress progress, void* user, sage_score** score) {
  return guarded([&]() -> Result<void> {
    if (engine == nullptr) return missing("engine");
    if (piece == nullptr) return missing("piece");
    if (score == nullptr) return missing("score");
    auto wanted = infill_request_from_json(text_of(request));
    if (!wanted) return tl::unexpected(wanted.error());
    wanted->piece = piece->score;
    InfillCallback callback;
    if (progress != nullptr)
      callback = [=](int done, int all) { return progress(user, done, all) != 0; };
    auto filled = infill(engine->engine, *wanted, callback);
    if (!filled) return tl::unexpected(filled.error());
    *score = new sage_score{std::move(filled->score)};
    return {};
  });
}
