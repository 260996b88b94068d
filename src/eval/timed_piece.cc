#include "eval/timed_piece.h"

#include <utility>

#include "base/stopwatch.h"
#include "generate/generator.h"

namespace sage {
Result<TimedPiece> generate_timed(const std::shared_ptr<const Engine>& engine,
                                  const Request& request, int threads) {
  const auto start = Stopwatch::now();
  auto generator = Generator::create(engine, request, {.threads = threads});
  if (!generator) return tl::unexpected(generator.error());
  TimedPiece out;
  double last = 0;
  for (;;) {
    const ReadEvent event = generator->next();
    if (event.type == ReadEvent::Type::kEnd) break;
    if (event.type != ReadEvent::Type::kNote) continue;
    const double now = seconds_since(start) * 1e3;
    if (out.first_note_ms == 0)
      out.first_note_ms = now;
    else
      out.note_ms.push_back(now - last);
    last = now;
  }
  out.seconds = seconds_since(start);
  out.score = generator->score();
  out.notes = generator->notes();
  out.prompt_tokens = generator->prompt_tokens();
  out.tokens = generator->tokens().size() - out.prompt_tokens;
  return out;
}

Result<TimedPiece> infill_timed(const std::shared_ptr<const Engine>& engine,
                                const InfillRequest& request) {
  const auto start = Stopwatch::now();
  auto done = infill(engine, request);
  if (!done) return tl::unexpected(done.error());
  TimedPiece out;
  out.seconds = seconds_since(start);
  out.score = std::move(done->score);
  out.notes = done->notes;
  return out;
}

}  // namespace sage
