// reharmonize: all pitched parts but the melody written again over other chords.
#include <algorithm>

#include "verbs/harmonise.h"
#include "verbs/melody.h"
#include "verbs/verb.h"

namespace sage {
namespace {

Result<VerbOutcome> run_reharmonize(const std::shared_ptr<const Engine>& engine,
                                    const midi::Document& document, const VerbRequest& request,
                                    const InfillCallback& callback) {
  const Score& score = document.music().score;
  const auto melody = melody_of(score);
  RewriteRequest rewrite = rewrite_request(request);
  rewrite.replaced = request.parts.empty() ? pitched_but(score, melody) : request.parts;
  if (rewrite.replaced.empty())
    return fail(ErrorCode::kInvalidArgument,
                "there is no part beside the melody to reharmonize; use harmonize");
  Wishes& wishes = rewrite.infill.wishes;
  if (wishes.chords.empty()) {
    HarmoniseOptions options{
        .first_bar = request.first_bar, .bars = request.bars, .key = wishes.key, .unlike = ""};
    auto old = harmonise(score, rewrite.replaced, options);
    if (!old) return tl::unexpected(old.error());
    options.unlike = *old;
    std::vector<std::size_t> kept;
    for (const std::size_t part : pitched_but(score, std::nullopt))
      if (std::find(rewrite.replaced.begin(), rewrite.replaced.end(), part) ==
          rewrite.replaced.end())
        kept.push_back(part);
    if (kept.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "no melody would be left to find chords for; name other parts, or --chords");
    auto chords = harmonise(score, kept, options);
    if (!chords) return tl::unexpected(chords.error());
    wishes.chords = *chords;
    wishes.key.clear();
    wishes.chromatic = 0;
  }
  return rewrite_as_verb(engine, document, rewrite, callback);
}

}  // namespace

const Verb& reharmonize_verb() {
  static const Verb verb = {"reharmonize", "Rewrite the parts below the melody over other chords",
                            "reharmonize song.mid --chords \"Am | F | C | E7\" -o new.mid",
                            run_reharmonize};
  return verb;
}

}  // namespace sage
