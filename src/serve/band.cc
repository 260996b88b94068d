#include "serve/band.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "generate/casting.h"
#include "generate/generator.h"
#include "generate/played.h"
#include "score/program_names.h"

namespace sage::serve {
namespace {

tl::unexpected<Error> stopped() { return fail(ErrorCode::kInterrupted, "stopped"); }

std::optional<std::size_t> track_with(const Score& score, int program) {
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    if (score.tracks[i].program_or_drum() == program) return i;
  return std::nullopt;
}

/// Tells what a generator writes, the notes of one onset together and played.
class Teller {
 public:
  Teller(const Request& request, const Generator& generator, const Performer& performer,
         const Listener& listener, int grid)
      : prompt_(request.prompt ? &*request.prompt : nullptr),
        listener_(listener),
        grid_(grid),
        ticks_(prompt_ != nullptr ? prompt_->ticks_per_quarter : kUsualTicks),
        player_(performer, request.seed, generator.prompt() ? generator.prompt()->score : Score{},
                generator.prompt() ? generator.prompt()->end : Tick{0}) {}

  void tell(const ReadEvent& event) {
    const Tick onset = moved(event.onset);
    if (event.type == ReadEvent::Type::kNote) {
      if (!parts_.empty() && parts_.front().note.onset != onset) flush();
      parts_.push_back(
          {event.program,
           {onset, moved(event.onset + event.duration) - onset, event.pitch, event.velocity}});
      if (!player_.plays()) flush();
      return;
    }
    flush();
    Written written;
    written.note.onset = onset;
    if (event.type == ReadEvent::Type::kBar) {
      written.type = Written::Type::kBar;
      player_.bar(onset);
    } else if (event.type == ReadEvent::Type::kTempo) {
      written.type = Written::Type::kTempo;
      written.us_per_quarter = event.us_per_quarter;
    } else if (event.type == ReadEvent::Type::kMeter) {
      written.type = Written::Type::kMeter;
      written.meter = event.meter;
      player_.meter(onset, event.meter);
    } else {
      return;
    }
    listener_.hear(written);
  }

  /// What was told of each note, in that order: program, onset, pitch, velocity.
  const std::vector<OnsetPlayer::Part>& told() const { return told_; }
  int ticks() const { return ticks_; }

 private:
  Tick moved(Tick time) const { return Tick{rescale(time.count, grid_, ticks_)}; }

  void flush() {
    player_.onset(parts_);
    for (const OnsetPlayer::Part& part : parts_) {
      Written written;
      written.program = part.program;
      if (prompt_ != nullptr) written.track = track_with(*prompt_, part.program);
      written.note = part.note;
      listener_.hear(written);
      told_.push_back(part);
    }
    parts_.clear();
  }

  const Score* prompt_;
  const Listener& listener_;
  int grid_, ticks_;
  OnsetPlayer player_;
  std::vector<OnsetPlayer::Part> parts_;  // of the last onset
  std::vector<OnsetPlayer::Part> told_;
};

/// Plays the finished piece; what it makes of the notes that were told.
Result<void> play_whole(Outcome& outcome, const Generator& generator, const Performer& performer,
                        std::uint64_t seed, const Teller& teller) {
  if (!performer.play) return {};
  const auto& prompt = generator.prompt();
  if (auto played = performer.play(outcome.score, prompt ? prompt->score : Score{},
                                   prompt ? prompt->end : Tick{0}, seed, Tick{0});
      !played)
    return played;
  std::map<std::tuple<int, Tick, int>, std::uint8_t> velocity_of;
  for (const Track& track : outcome.score.tracks)
    for (const Note& note : track.notes)
      velocity_of[{track.program_or_drum(), note.onset, note.pitch}] = note.velocity;
  const int ticks = outcome.score.ticks_per_quarter;
  for (const auto& [program, note] : teller.told()) {
    const Tick onset{rescale(note.onset.count, teller.ticks(), ticks)};
    const auto at = velocity_of.find({program, onset, note.pitch});
    outcome.velocities.push_back(at == velocity_of.end() ? note.velocity : at->second);
  }
  return {};
}

/// The tracks that are to be written, ascending.
Result<std::vector<std::size_t>> written_tracks(const Rewriting& wish) {
  const std::size_t count = wish.piece.tracks.size();
  std::vector<std::size_t> written = wish.tracks;
  if (wish.tracks.empty() && wish.programs.empty())
    for (std::size_t i = 0; i < count; ++i) written.push_back(i);
  std::sort(written.begin(), written.end());
  written.erase(std::unique(written.begin(), written.end()), written.end());
  if (!written.empty() && written.back() >= count)
    return fail(ErrorCode::kInvalidArgument, "there is no track " + std::to_string(written.back()) +
                                                 "; the piece has " + std::to_string(count) +
                                                 ", counted from 0");
  return written;
}

/// The piece without the notes that are written again.
Score kept_of(const Rewriting& wish, const std::vector<std::size_t>& written,
              const Infilled& done) {
  const int grid = done.fresh.ticks_per_quarter, ticks = wish.piece.ticks_per_quarter;
  // An onset a little ahead of a bar line means the line.
  const Tick early{ticks / (2 * grid)};
  const Tick from = Tick{rescale(done.from.count, grid, ticks)} - early;
  const Tick to = Tick{rescale(done.to.count, grid, ticks)} - early;
  Score kept = wish.piece;
  for (const std::size_t track : written)
    std::erase_if(kept.tracks[track].notes,
                  [&](const Note& note) { return note.onset >= from && note.onset < to; });
  return kept;
}

/// Puts the new notes into the piece, and tells them by time.
Outcome joined(Score kept, const midi::NewMusic& music, const Listener& listener) {
  Outcome outcome{std::move(kept), 0, {}};
  std::vector<Written> heard;
  const auto put = [&](std::optional<std::size_t> number, Track& track,
                       const std::vector<Note>& notes) {
    for (const Note& note : notes) {
      track.notes.push_back(note);
      Written written;
      written.track = number;
      written.program = track.program_or_drum();
      written.note = note;
      heard.push_back(written);
    }
    std::sort(track.notes.begin(), track.notes.end());
  };
  for (const midi::PartNotes& fresh : music.notes)
    put(fresh.part, outcome.score.tracks[fresh.part], fresh.notes);
  for (const midi::AddedPart& added : music.added) {
    Track track;
    track.is_drum = added.program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : added.program);
    put(std::nullopt, track, added.notes);
    if (!track.notes.empty()) outcome.score.tracks.push_back(std::move(track));
  }
  std::stable_sort(heard.begin(), heard.end(),
                   [](const Written& a, const Written& b) { return a.note.onset < b.note.onset; });
  for (const Written& each : heard) listener.hear(each);
  outcome.notes = heard.size();
  return outcome;
}

}  // namespace

Result<Outcome> compose(const std::shared_ptr<const Engine>& engine, const Request& request,
                        const Performer& performer, const Listener& listener) {
  auto generator = Generator::create(engine, request, {.threads = listener.threads});
  if (!generator) return tl::unexpected(generator.error());
  Teller teller(request, *generator, performer, listener, engine->tokenizer().config().grid);
  for (;;) {
    if (listener.stop()) return stopped();
    const ReadEvent event = generator->next();
    teller.tell(event);
    if (event.type == ReadEvent::Type::kEnd) break;
  }
  Outcome outcome{generator->score(), generator->notes(), {}};
  if (auto played = play_whole(outcome, *generator, performer, request.seed, teller); !played)
    return tl::unexpected(played.error());
  return outcome;
}

Result<Outcome> rewrite(const std::shared_ptr<const Engine>& engine, const Rewriting& wish,
                        const Performer& performer, const Listener& listener) {
  const auto written = written_tracks(wish);
  if (!written) return tl::unexpected(written.error());
  std::vector<int> programs = wish.programs;
  std::sort(programs.begin(), programs.end());
  programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
  const Casting casting = cast_parts(wish.piece, *written, programs);
  InfillRequest request;
  request.piece = as_cast(wish.piece, casting);
  request.programs = casting.added;
  for (const std::size_t track : *written) request.programs.push_back(casting.programs[track]);
  request.first_bar = wish.first_bar;
  request.bars = wish.bars;
  request.wishes = wish.wishes;
  request.sampler = wish.sampler;
  request.seed = wish.seed;
  request.takes = wish.versions;
  request.threads = listener.threads;
  const auto done = infill(engine, request, [&](int, int) { return !listener.stop(); });
  if (!done) return tl::unexpected(done.error());

  const int ticks = wish.piece.ticks_per_quarter;
  midi::NewMusic music;
  for (const std::size_t track : *written)
    music.notes.push_back(
        {track, notes_for(track, wish.piece, casting, *written,
                          notes_of(done->fresh, casting.programs[track], ticks))});
  for (std::size_t i = 0; i < programs.size(); ++i)
    music.added.push_back({programs[i], std::string(program_name(programs[i])),
                           notes_of(done->fresh, casting.added[i], ticks)});
  Score kept = kept_of(wish, *written, *done);
  PlayNotes play;
  if (performer.play)
    play = [&](Score& score, const Score& stays, Tick from) {
      return performer.play(score, stays, from, wish.seed, Tick{0});
    };
  const Tick from{rescale(done->from.count, done->fresh.ticks_per_quarter, ticks)};
  if (auto played = play_new_notes(play, kept, from, music); !played)
    return tl::unexpected(played.error());
  return joined(std::move(kept), music, listener);
}

}  // namespace sage::serve
