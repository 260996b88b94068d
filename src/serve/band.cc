#include "serve/band.h"

#include <algorithm>
#include <bitset>
#include <set>
#include <utility>

#include "generate/generator.h"
#include "score/timeline.h"

namespace sage::serve {
namespace {

tl::unexpected<Error> stopped() { return fail(ErrorCode::kInterrupted, "stopped"); }

std::optional<std::size_t> track_with(const Score& score, int program) {
  for (std::size_t i = 0; i < score.tracks.size(); ++i)
    if (score.tracks[i].program_or_drum() == program) return i;
  return std::nullopt;
}

constexpr int kFamily = 8;  // programs of one family of instruments in General MIDI

/// Another program for a track whose own one is taken: the nearest of its family, else any.
std::optional<int> stand_in(int program, const std::bitset<kProgramCount>& taken) {
  if (program == kDrumProgram) return std::nullopt;
  const int family = program / kFamily * kFamily;
  for (int i = 1; i < kFamily; ++i)
    if (const int other = family + (program - family + i) % kFamily; !taken[other]) return other;
  for (int other = 0; other < kDrumProgram; ++other)
    if (!taken[other]) return other;
  return std::nullopt;
}

void set_program(Track& track, int program) {
  track.is_drum = program == kDrumProgram;
  track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
}

/// The piece as the model sees it: each track that is written has a program of its own. A second
/// kit cannot have one; where one of them is written, the others are not heard.
struct Seen {
  Score piece;
  std::vector<std::optional<std::size_t>> tracks;  // of the piece's tracks, where they stand in it
  std::vector<int> programs;                       // to be written
};

Seen seen_of(const Rewriting& wish, const std::vector<bool>& written) {
  Seen seen;
  seen.piece = wish.piece;
  seen.piece.tracks.clear();
  std::bitset<kProgramCount> used, taken;
  for (const Track& track : wish.piece.tracks)
    used.set(static_cast<std::size_t>(track.program_or_drum()));
  for (const int program : wish.programs) used.set(static_cast<std::size_t>(program));
  seen.tracks.resize(wish.piece.tracks.size());
  const auto add = [&](std::size_t i, bool is_written) {
    Track track = wish.piece.tracks[i];
    int program = track.program_or_drum();
    if (taken[static_cast<std::size_t>(program)]) {
      const auto other = stand_in(program, used);
      if (!other) return;
      program = *other;
      set_program(track, program);
      used.set(static_cast<std::size_t>(program));
    }
    if (is_written) {
      taken.set(static_cast<std::size_t>(program));
      seen.programs.push_back(program);
    }
    seen.tracks[i] = seen.piece.tracks.size();
    seen.piece.tracks.push_back(std::move(track));
  };
  for (const int program : wish.programs) {
    taken.set(static_cast<std::size_t>(program));
    seen.programs.push_back(program);
  }
  for (std::size_t i = 0; i < written.size(); ++i)
    if (written[i]) add(i, true);
  for (std::size_t i = 0; i < written.size(); ++i)
    if (!written[i]) add(i, false);
  return seen;
}

std::vector<Note> new_notes(const std::vector<Note>& after, const std::vector<Note>& before) {
  std::vector<Note> fresh;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(fresh));
  return fresh;
}

}  // namespace

Result<Outcome> compose(const std::shared_ptr<const Engine>& engine, const Request& request,
                        const Listener& listener) {
  auto generator = Generator::create(engine, request, {.threads = listener.threads});
  if (!generator) return tl::unexpected(generator.error());
  const int grid = engine->tokenizer().config().grid;
  const int ticks = request.prompt ? request.prompt->ticks_per_quarter : kUsualTicks;
  const auto moved = [&](Tick time) { return Tick{rescale(time.count, grid, ticks)}; };
  for (;;) {
    if (listener.stop()) return stopped();
    const ReadEvent event = generator->next();
    Written written;
    written.note.onset = moved(event.onset);
    switch (event.type) {
      case ReadEvent::Type::kEnd: {
        Outcome outcome{generator->score(), generator->notes()};
        return outcome;
      }
      case ReadEvent::Type::kNote:
        written.program = event.program;
        if (request.prompt) written.track = track_with(*request.prompt, event.program);
        written.note.duration = moved(event.onset + event.duration) - written.note.onset;
        written.note.pitch = event.pitch;
        written.note.velocity = event.velocity;
        break;
      case ReadEvent::Type::kBar:
        written.type = Written::Type::kBar;
        break;
      case ReadEvent::Type::kTempo:
        written.type = Written::Type::kTempo;
        written.us_per_quarter = event.us_per_quarter;
        break;
      case ReadEvent::Type::kMeter:
        written.type = Written::Type::kMeter;
        written.meter = event.meter;
        break;
      default:
        continue;
    }
    listener.hear(written);
  }
}

Result<Outcome> rewrite(const std::shared_ptr<const Engine>& engine, const Rewriting& wish,
                        const Listener& listener) {
  const std::size_t count = wish.piece.tracks.size();
  std::vector<bool> written(count, wish.tracks.empty() && wish.programs.empty());
  for (const std::size_t track : wish.tracks) {
    if (track >= count)
      return fail(ErrorCode::kInvalidArgument, "there is no track " + std::to_string(track) +
                                                   "; the piece has " + std::to_string(count) +
                                                   ", counted from 0");
    written[track] = true;
  }
  Seen seen = seen_of(wish, written);
  InfillRequest request;
  request.piece = seen.piece;
  request.programs = seen.programs;
  request.first_bar = wish.first_bar;
  request.bars = wish.bars;
  request.wishes = wish.wishes;
  request.sampler = wish.sampler;
  request.seed = wish.seed;
  request.takes = wish.versions;
  request.threads = listener.threads;
  auto filled = infill(engine, request, [&](int, int) { return !listener.stop(); });
  if (!filled) return tl::unexpected(filled.error());

  Outcome outcome{wish.piece, 0};
  std::vector<Written> heard;
  const auto tell = [&](std::optional<std::size_t> track, int seen_program, int program,
                        const std::vector<Note>& before) -> std::vector<Note> {
    const auto at = track_with(filled->score, seen_program);
    if (!at) return {};
    std::vector<Note> after = filled->score.tracks[*at].notes;
    std::sort(after.begin(), after.end());
    for (const Note& note : new_notes(after, before)) {
      Written one;
      one.track = track;
      one.program = program;
      one.note = note;
      heard.push_back(one);
    }
    return after;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (!written[i] || !seen.tracks[i]) continue;
    const Track& stood = seen.piece.tracks[*seen.tracks[i]];
    Track& track = outcome.score.tracks[i];
    track.notes = tell(i, stood.program_or_drum(), track.program_or_drum(), track.notes);
  }
  for (const int program : std::set<int>(wish.programs.begin(), wish.programs.end())) {
    Track track;
    set_program(track, program);
    track.notes = tell(std::nullopt, program, program, {});
    if (!track.notes.empty()) outcome.score.tracks.push_back(std::move(track));
  }
  std::stable_sort(heard.begin(), heard.end(),
                   [](const Written& a, const Written& b) { return a.note.onset < b.note.onset; });
  for (const Written& each : heard) listener.hear(each);
  outcome.notes = heard.size();
  return outcome;
}

}  // namespace sage::serve
