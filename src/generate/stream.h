// One piece that is being written, left to right. Notes of the given programs (a person, kept
// parts) are pushed in and stand in the sequence at their place; notes of the written programs are
// drawn by the model, given all that stands before them. What was drawn can be taken back.
//
// Offline composing, infill, a live session, a server and a plug-in are composers on top of it.
// Owns all that changes; shares the engine. Use from one thread at a time. Knows nothing of files,
// ports or clocks: time is grid ticks from the start of the stream (grid() a quarter note).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "generate/constraint.h"
#include "generate/engine.h"
#include "generate/stream_note.h"
#include "generate/stream_options.h"
#include "generate/wishes.h"
#include "score/score.h"
#include "score/timeline.h"
#include "tokens/quantise.h"

namespace sage {

class Stream {
 public:
  /// Errors: a model that cannot write among given notes (see can_stream() in limits.h), programs
  /// out of range or listed twice, a meter or tempo that tokens cannot say, a sampler's options.
  static Result<Stream> create(std::shared_ptr<const Engine> engine, const StreamOptions& options);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  /// Ticks of a quarter note.
  int grid() const;
  /// Everything before this moment is settled: no note can still come there.
  Tick now() const;
  /// Given notes before this moment are known; from here on they may be guessed.
  Tick heard() const;
  /// The bar that a moment lies in, and its number from 0; later ones in the meter of the last.
  Bar bar_at(Tick time) const;
  int bar_number(Tick time) const;

  /// Music that stands before everything else: bars of a quantised piece whose programs are all
  /// listed in the options. Its notes count as given. Precondition: nothing was pushed or written.
  Result<void> begin_with(const Quantised& piece);

  /// A given note, of a written program too: what it plays there. One of the same pitch and onset
  /// is replaced. Where the sequence has gone on beyond its place, everything drawn from its onset
  /// on is taken back, but for what is committed. Errors: a program that is not listed, a pitch,
  /// length or onset out of range.
  Result<void> push(int program, const Note& note);
  /// All given notes before `time` have been pushed. Guesses before it go, and with the first of
  /// them all that was drawn from there on.
  void hear(Tick time);

  /// Writes on until everything before `time` is settled. False if `stop`, which is asked before
  /// every note, said so earlier; now() says how far it came.
  bool write(Tick time, const std::function<bool()>& stop = {});
  /// Prefills the model with what is known, so that the next write() need not. Reads at most
  /// `tokens` tokens; 0 reads all. Returns false while tokens are left.
  bool prepare(int tokens = 0);

  /// Takes back everything drawn from `time` on; given and committed notes stay. now() is at most
  /// `time` then.
  void rewind(Tick time);
  /// What was written before `time` has been played: push(), hear() and rewind() no longer take it
  /// back, and nothing is added to it. Precondition: time <= now().
  void commit(Tick time);
  Tick committed() const;
  /// What is drawn from here on follows another seed.
  void reseed(std::uint64_t seed);

  /// From the next bar line that is not settled on.
  Result<void> set_meter(Meter meter);
  Result<void> set_tempo(double bpm);
  /// From now() on.
  void set_sampler(const SamplerOptions& options);
  /// For the written programs, from now on; a bar that has no notes as yet is their first, else the
  /// next one. Errors: wishes that contradict each other, or name other programs.
  Result<void> set_wishes(const Wishes& wishes);
  /// The written programs that may play from now on; the others rest.
  void set_playing(std::span<const int> programs);

  /// All notes so far, by onset; the drawn ones before now() are final until a rewind.
  std::span<const StreamNote> notes() const;
  /// Those with an onset in [from, to).
  std::span<const StreamNote> notes_in(Tick from, Tick to) const;
  /// By how many nats the model finds an end of the piece likelier than another bar. Precondition:
  /// now() is a bar line, and not 0.
  double end_odds();
  /// Wishes that could not be kept before now().
  std::span<const WishLoss> losses() const;
  /// Given and written notes, with meters and tempi; one track a program.
  Score score() const;
  const Engine& engine() const;

  /// Goes its own way from here with another seed. What the model has read is shared, so both
  /// belong to one thread.
  Stream fork(std::uint64_t seed) const;

 private:
  class Impl;
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sage
