// arrange: the melody for the first of other instruments, and parts for the rest over the piece's
// chords. Writes a new file: the old parts are gone.
#include <algorithm>

#include "score/playable_range.h"
#include "score/transform.h"
#include "verbs/harmonise.h"
#include "verbs/melody.h"
#include "verbs/verb.h"

namespace sage {
namespace {

/// By octaves, to where most notes are in the instrument's range.
void fit_range(Track& track, int program) {
  const PitchRange range = playable_range(program);
  int best = 0;
  std::ptrdiff_t most = -1;
  for (const int octaves : {0, 1, -1, 2, -2, 3, -3}) {
    const auto inside = std::count_if(track.notes.begin(), track.notes.end(), [&](const Note& n) {
      return range.holds(n.pitch + 12 * octaves);
    });
    if (inside <= most) continue;
    most = inside;
    best = octaves;
  }
  for (Note& note : track.notes) {
    const int moved = note.pitch + 12 * best;
    if (moved >= 0 && moved <= 127) note.pitch = static_cast<std::uint8_t>(moved);
  }
}

Result<VerbOutcome> run_arrange(const std::shared_ptr<const Engine>& engine,
                                const midi::Document& document, const VerbRequest& request,
                                const InfillCallback& callback) {
  if (request.instruments.empty())
    return fail(ErrorCode::kInvalidArgument,
                "arrange needs the new ensemble: --parts flute,strings,double bass");
  if (request.instruments.front() == kDrumProgram)
    return fail(ErrorCode::kInvalidArgument,
                "the first instrument plays the melody, which drums cannot");
  const Score& old = document.music().score;
  const auto melody = request.parts.empty() ? melody_of(old) : request.parts.front();
  if (!melody) return fail(ErrorCode::kInvalidArgument, "the piece has no pitched notes");
  RewriteRequest rewrite = rewrite_request(request);
  Wishes& wishes = rewrite.infill.wishes;
  if (wishes.chords.empty()) {
    auto chords = harmonise(
        old, pitched_but(old, std::nullopt),
        {.first_bar = request.first_bar, .bars = request.bars, .key = wishes.key, .unlike = ""});
    if (!chords) return tl::unexpected(chords.error());
    wishes.chords = *chords;
    wishes.key.clear();
    wishes.chromatic = 0;
  }
  Score score = old;
  Track tune = old.tracks[*melody];
  tune.program = static_cast<std::uint8_t>(request.instruments.front());
  tune.bends.clear();
  tune.controls.clear();
  tune.pressures.clear();
  fit_range(tune, request.instruments.front());
  score.tracks = {std::move(tune)};
  normalise(score);
  auto fresh = document_of(score);
  if (!fresh) return tl::unexpected(fresh.error());
  rewrite.added.assign(request.instruments.begin() + 1, request.instruments.end());
  if (!rewrite.added.empty()) return rewrite_as_verb(engine, *fresh, rewrite, callback);
  VerbOutcome outcome;
  outcome.bytes = fresh->write();
  outcome.chords = wishes.chords;
  return outcome;
}

}  // namespace

const Verb& arrange_verb() {
  static const Verb verb = {
      "arrange", "Arrange a piece for another ensemble; the first instrument plays the melody",
      "arrange song.mid --parts flute,strings,bass -o arranged.mid", run_arrange};
  return verb;
}

}  // namespace sage
