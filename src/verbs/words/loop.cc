// loop: bars that repeat without a seam: the last of them is written again as a way back to the
// first. Writes a new file of these bars alone.
#include <algorithm>

#include "generate/casting.h"
#include "midi/writer.h"
#include "score/timeline.h"
#include "score/transform.h"
#include "verbs/verb.h"

namespace sage {
namespace {

constexpr int kBarsAfter = 2;  // of the repetition, which the last bar leads to

/// `part` behind `score`, from `at` on.
void append(Score& score, const Score& part, Tick at) {
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    for (Note note : part.tracks[i].notes) {
      note.onset = note.onset + at;
      score.tracks[i].notes.push_back(note);
    }
  for (TempoChange tempo : part.tempos) {
    tempo.time = tempo.time + at;
    score.tempos.push_back(tempo);
  }
  for (MeterChange meter : part.meters) {
    meter.time = meter.time + at;
    score.meters.push_back(meter);
  }
}

Result<VerbOutcome> run_loop(const std::shared_ptr<const Engine>& engine,
                             const midi::Document& document, const VerbRequest& request,
                             const InfillCallback& callback) {
  const Score& whole = document.music().score;
  const auto bars = bars_of(whole, end_of(whole));
  if (!bars) return tl::unexpected(bars.error());
  const auto count = static_cast<int>(bars->size());
  if (request.first_bar < 0 || request.first_bar >= count)
    return fail(ErrorCode::kInvalidArgument,
                "the piece has " + std::to_string(count) + " bars, and none of the ones asked for");
  const int last = request.bars == 0 ? count : std::min(count, request.first_bar + request.bars);
  const int length = last - request.first_bar;
  if (length < 2)
    return fail(ErrorCode::kInvalidArgument, "a loop needs two bars or more; name them (--bars)");
  const auto bar = [&](int i) { return (*bars)[static_cast<std::size_t>(request.first_bar + i)]; };
  const Tick from = bar(0).start, to = bar(length - 1).end();
  Score piece = slice(whole, from, to, /*cut_notes=*/true);
  const Score again =
      slice(whole, from, bar(std::min(kBarsAfter, length) - 1).end(), /*cut_notes=*/true);
  append(piece, again, to - from);

  std::vector<std::size_t> parts = request.parts;
  if (parts.empty())
    for (std::size_t i = 0; i < piece.tracks.size(); ++i)
      if (!piece.tracks[i].notes.empty()) parts.push_back(i);
  auto repeated = document_of(piece);
  if (!repeated) return tl::unexpected(repeated.error());
  RewriteRequest rewrite = rewrite_request(request);
  rewrite.infill.first_bar = length - 1;
  rewrite.infill.bars = 1;
  rewrite.replaced = parts_in_bars(*repeated, 0, length);
  if (!request.parts.empty()) rewrite.replaced = request.parts;
  auto outcome = rewrite_as_verb(engine, *repeated, rewrite, callback);
  if (!outcome) return outcome;
  const auto done = midi::Document::read(std::move(outcome->bytes));
  if (!done) return tl::unexpected(done.error());
  const Score& written = done->music().score;
  const Tick end{rescale((to - from).count, piece.ticks_per_quarter, written.ticks_per_quarter)};
  Score loop = slice(written, Tick{0}, end, /*cut_notes=*/true);
  loop.texts = written.texts;
  outcome->bytes = write_midi(loop);
  return outcome;
}

}  // namespace

const Verb& loop_verb() {
  static const Verb verb = {"loop", "Cut bars out so that they repeat without a seam",
                            "loop song.mid --bars 5-12 -o loop.mid", run_loop};
  return verb;
}

}  // namespace sage
