// fill: bars of parts written again, by what stands around them; one rectangle after the other.
#include "verbs/verb.h"

namespace sage {
namespace {

Result<VerbOutcome> run_fill(const std::shared_ptr<const Engine>& engine,
                             const midi::Document& document, const VerbRequest& request,
                             const InfillCallback& callback) {
  std::vector<Rectangle> rectangles = request.rectangles;
  if (rectangles.empty()) rectangles.push_back({request.first_bar, request.bars, request.parts});
  VerbOutcome outcome;
  outcome.bytes = document.write();
  for (const Rectangle& rectangle : rectangles) {
    // Parts keep their numbers: none is added.
    auto before = midi::Document::read(outcome.bytes);
    if (!before) return tl::unexpected(before.error());
    RewriteRequest rewrite = rewrite_request(request);
    rewrite.infill.first_bar = rectangle.first_bar;
    rewrite.infill.bars = rectangle.bars;
    rewrite.replaced = rectangle.parts.empty()
                           ? parts_in_bars(*before, rectangle.first_bar, rectangle.bars)
                           : rectangle.parts;
    rewrite.named = !rectangle.parts.empty();
    if (&rectangle != &rectangles.back()) rewrite.signature.clear();
    auto done = rewrite_as_verb(engine, *before, rewrite, callback);
    if (!done) return done;
    outcome.bytes = std::move(done->bytes);
    outcome.notes += done->notes;
    outcome.parts.insert(outcome.parts.end(), done->parts.begin(), done->parts.end());
  }
  outcome.chords = request.wishes.chords;
  return outcome;
}

}  // namespace

const Verb& fill_verb() {
  static const Verb verb = {"fill", "Rewrite bars of parts; all else stays",
                            "fill song.mid --bars 5-8 --parts piano,bass -o new.mid", run_fill};
  return verb;
}

}  // namespace sage
