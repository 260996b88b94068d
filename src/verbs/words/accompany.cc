// accompany: instruments added to what is there; with chord text, to a lead sheet.
#include <algorithm>

#include "verbs/verb.h"

namespace sage {
namespace {

constexpr int kPiano = 0, kBass = 33;

/// A rhythm section of what the piece lacks.
std::vector<int> usual_band(const Score& score) {
  std::vector<int> band;
  for (const int program : {kPiano, kBass, kDrumProgram})
    if (std::none_of(score.tracks.begin(), score.tracks.end(), [&](const Track& track) {
          return track.program_or_drum() == program && !track.notes.empty();
        }))
      band.push_back(program);
  return band;
}

Result<VerbOutcome> run_accompany(const std::shared_ptr<const Engine>& engine,
                                  const midi::Document& document, const VerbRequest& request,
                                  const InfillCallback& callback) {
  RewriteRequest rewrite = rewrite_request(request);
  rewrite.added =
      request.instruments.empty() ? usual_band(document.music().score) : request.instruments;
  if (rewrite.added.empty())
    return fail(ErrorCode::kInvalidArgument,
                "the piece has piano, bass and drums already; name the parts to add (--parts)");
  return rewrite_as_verb(engine, document, rewrite, callback);
}

}  // namespace

const Verb& accompany_verb() {
  static const Verb verb = {
      "accompany", "Add instruments to a piece or to a lead sheet",
      "accompany tune.mid --parts piano,bass,drums --chords \"C | Am | F | G7\" -o band.mid",
      run_accompany};
  return verb;
}

}  // namespace sage
