#include "generate/performer.h"

#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "generate/history.h"
#include "generate/limits.h"
#include "generate/read_history.h"
#include "generate/stream.h"

namespace sage {
namespace {

using NoteAt = std::tuple<int, std::int64_t, int>;  // program, onset on the grid, pitch

std::int64_t on_grid(Tick onset, const Score& score, int grid) {
  return rescale(onset.count, score.ticks_per_quarter, grid);
}

/// One pass over the tokens of a piece, from the first to the last.
class Pass {
 public:
  Pass(const std::shared_ptr<const Engine>& engine, const Quantised& piece,
       const PerformerOptions& options)
      : tokenizer_(engine->tokenizer()),
        vocabulary_(tokenizer_.vocabulary()),
        piece_(piece),
        velocities_(vocabulary_.range(Kind::kVelocity)),
        history_(tokenizer_),
        read_(engine, options.threads),
        sampler_(options.sampler, tokenizer_.size()),
        random_(options.seed) {}

  /// The velocities of the notes that are not in `heard`.
  std::map<NoteAt, std::uint8_t> run(const std::set<NoteAt>& heard) {
    std::map<NoteAt, std::uint8_t> given;
    for (const TokenId id : tokenizer_.write(piece_)) {
      follow(id);
      if (vocabulary_.event(id).kind != Kind::kVelocity || heard.contains(note_)) {
        history_.push(id);
        continue;
      }
      const TokenId drawn = draw();
      given[note_] = vocabulary_.velocity_of(vocabulary_.event(drawn).value);
      history_.push(drawn);
    }
    return given;
  }

 private:
  /// Keeps up with the note that the tokens are about.
  void follow(TokenId id) {
    const auto [kind, value] = vocabulary_.event(id);
    auto& [program, onset, pitch] = note_;
    if (kind == Kind::kBar) ++bar_;
    if (kind == Kind::kPosition) onset = piece_.bars[bar_ - 1].start.count + value;
    if (kind == Kind::kProgram) program = value;
    if (kind == Kind::kPitch || kind == Kind::kDrum) pitch = value;
  }

  TokenId draw() {
    read_.read(history_);
    read_.logits({&velocities_, 1}, logits_);
    return sampler_.sample({&velocities_, 1}, logits_, {}, random_);
  }

  const Tokenizer& tokenizer_;
  const Vocabulary& vocabulary_;
  const Quantised& piece_;
  IdRange velocities_;
  TokenHistory history_;
  ReadHistory read_;
  Sampler sampler_;
  Random random_;
  std::vector<float> logits_;
  std::size_t bar_ = 0;  // bars begun
  NoteAt note_ = {-1, 0, 0};
};

}  // namespace

Result<void> can_perform(const Engine& engine) {
  if (engine.tokenizer().config().velocity && can_stream(engine)) return {};
  return fail(ErrorCode::kUnsupported,
              "this model cannot give notes their loudness; it takes one with velocity tokens, "
              "scheme remi+, without merges");
}

Result<std::size_t> perform(const std::shared_ptr<const Engine>& engine, Score& score,
                            const KeptNotes& kept, const PerformerOptions& options) {
  if (auto able = can_perform(*engine); !able) return tl::unexpected(able.error());
  auto piece = engine->tokenizer().quantise(score);
  if (!piece) return tl::unexpected(piece.error());
  const int grid = engine->tokenizer().vocabulary().grid();
  std::set<NoteAt> heard;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes)
      if (kept.has(track, note))
        heard.insert({track.program_or_drum(), on_grid(note.onset, score, grid), note.pitch});
  const auto given = Pass(engine, *piece, options).run(heard);
  std::size_t count = 0;
  for (Track& track : score.tracks)
    for (Note& note : track.notes) {
      if (kept.has(track, note)) continue;
      const auto at =
          given.find({track.program_or_drum(), on_grid(note.onset, score, grid), note.pitch});
      if (at == given.end()) continue;  // in unison with a kept one
      note.velocity = at->second;
      ++count;
    }
  return count;
}

}  // namespace sage
