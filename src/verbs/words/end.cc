// end: some bars after the last one, at whose end the model finds an end likelier than more music.
#include "generate/continuing.h"
#include "generate/generator.h"
#include "generate/limits.h"
#include "score/timeline.h"
#include "verbs/verb.h"

namespace sage {
namespace {

constexpr int kUsualBars = 4;
constexpr int kEndings = 64;

Result<VerbOutcome> run_end(const std::shared_ptr<const Engine>& engine,
                            const midi::Document& document, const VerbRequest& request,
                            const InfillCallback& callback) {
  const Score& score = document.music().score;
  const auto bars = bars_of(score, end_of(score));
  if (!bars) return tl::unexpected(bars.error());
  if (bars->empty()) return fail(ErrorCode::kInvalidArgument, "the piece holds no notes");
  if (!can_choose_endings(*engine))
    return fail(ErrorCode::kUnsupported, "this model cannot choose among endings");
  if (request.first_bar > static_cast<int>(bars->size()))
    return fail(ErrorCode::kInvalidArgument, "the piece has " + std::to_string(bars->size()) +
                                                 " bars; an ending begins with bar " +
                                                 std::to_string(bars->size() + 1) +
                                                 " or an earlier one");
  Request generate;
  generate.prompt_bars = static_cast<int>(bars->size());
  if (request.first_bar > 0) generate.prompt_bars = request.first_bar;
  generate.bars = request.bars > 0 ? request.bars : kUsualBars;
  generate.endings = kEndings;
  generate.sampler = request.sampler;
  generate.seed = request.seed;
  generate.wishes = request.wishes;
  auto players = players_of(document, request.parts, {}, generate.prompt_bars);
  if (!players) return tl::unexpected(players.error());
  ask_players(document, *players, generate);
  auto generator = Generator::create(engine, generate, {.threads = request.threads});
  if (!generator) return tl::unexpected(generator.error());
  int done = 0;
  for (auto event = generator->next(); event.type != ReadEvent::Type::kEnd;
       event = generator->next())
    if (event.type == ReadEvent::Type::kBar && callback && !callback(done++, generate.bars))
      return fail(ErrorCode::kInterrupted, "interrupted");
  auto file = continue_document(document, *players, generator->new_bars(),
                                {.only_new = false, .signature = request.signature});
  if (!file) return tl::unexpected(file.error());
  VerbOutcome outcome;
  outcome.bytes = std::move(file->bytes);
  outcome.parts = std::move(file->parts);
  for (WrittenPart& part : outcome.parts) part.expected = !request.parts.empty();
  outcome.notes = generator->notes();
  outcome.chords = request.wishes.chords;
  return outcome;
}

}  // namespace

const Verb& end_verb() {
  static const Verb verb = {
      "end", "Write an ending: bars after the last one, or after the bar before --bars",
      "end song.mid --bars 33-36 -o ended.mid", run_end};
  return verb;
}

}  // namespace sage
