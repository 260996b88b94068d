// harmonize: chords under a melody, played by one instrument or more. Without chord text they are
// found (harmonise.h).
#include "verbs/harmonise.h"
#include "verbs/melody.h"
#include "verbs/verb.h"

namespace sage {
namespace {

constexpr int kPianoByDefault = 0;

Result<VerbOutcome> run_harmonize(const std::shared_ptr<const Engine>& engine,
                                  const midi::Document& document, const VerbRequest& request,
                                  const InfillCallback& callback) {
  const Score& score = document.music().score;
  RewriteRequest rewrite = rewrite_request(request);
  Wishes& wishes = rewrite.infill.wishes;
  if (wishes.chords.empty()) {
    std::vector<std::size_t> parts = request.parts;
    if (parts.empty())
      if (const auto melody = melody_of(score)) parts = {*melody};
    auto chords = harmonise(
        score, parts,
        {.first_bar = request.first_bar, .bars = request.bars, .key = wishes.key, .unlike = ""});
    if (!chords) return tl::unexpected(chords.error());
    wishes.chords = *chords;
    wishes.key.clear();  // its triads are in it, as far as the melody is
    wishes.chromatic = 0;
  }
  wishes.strict_chords = true;
  rewrite.added = request.instruments.empty() ? std::vector{kPianoByDefault} : request.instruments;
  return rewrite_as_verb(engine, document, rewrite, callback);
}

}  // namespace

const Verb& harmonize_verb() {
  static const Verb verb = {"harmonize", "Add chords under a melody",
                            "harmonize tune.mid --parts piano -o harmonized.mid", run_harmonize};
  return verb;
}

}  // namespace sage
