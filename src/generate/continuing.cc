#include "generate/continuing.h"

#include <algorithm>
#include <utility>

#include "midi/edit.h"
#include "midi/parts.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage {
namespace {

/// From grid ticks of the new music to ticks of the document.
class Placer {
 public:
  Placer(const midi::Document& document, const NewBars& bars)
      : grid_(bars.music.ticks_per_quarter),
        ticks_(document.music().score.ticks_per_quarter),
        from_(bars.from),
        cut_(rescale(bars.prompt->end.count, bars.prompt->score.ticks_per_quarter, ticks_)) {}

  Tick operator()(Tick t) const { return cut_ + Tick{rescale((t - from_).count, grid_, ticks_)}; }
  Tick cut() const { return cut_; }
  Tick half_step() const { return Tick{ticks_ / (2 * grid_)}; }

 private:
  int grid_, ticks_;
  Tick from_, cut_;
};

std::vector<Note> notes_of(const Score& generated, int program, const Placer& place) {
  std::vector<Note> notes;
  for (const Track& track : generated.tracks)
    if (track.program_or_drum() == program)
      for (const Note& note : track.notes)
        notes.push_back({place(note.onset), place(note.onset + note.duration) - place(note.onset),
                         note.pitch, note.velocity});
  return notes;
}

/// Tempos and meters of the new music where they change something.
void put_changes(const Prompt& prompt, const Score& generated, const Placer& place,
                 midi::Continuation& to) {
  const auto& tempos = prompt.score.tempos;
  std::uint32_t tempo = tempos.empty() ? kDefaultTempo : tempos.back().us_per_quarter;
  for (const TempoChange& change : generated.tempos)
    if (change.us_per_quarter != std::exchange(tempo, change.us_per_quarter))
      to.tempos.push_back({place(change.time), change.us_per_quarter});
  Meter meter = prompt.file_meter;
  if (prompt.restate) to.meters.push_back({place.cut(), meter = prompt.meter});
  for (const MeterChange& change : generated.meters) {
    // Several listed bars may stand for one of the file's; then the file keeps its own meter.
    const Meter next = change.meter == prompt.listed ? prompt.meter : change.meter;
    if (next != std::exchange(meter, next)) to.meters.push_back({place(change.time), next});
  }
}

}  // namespace

Result<Players> players_of(const midi::Document& document, std::vector<std::size_t> parts,
                           std::vector<int> added, int prompt_bars) {
  const Score& score = document.music().score;
  for (const std::size_t part : parts)
    if (part >= score.tracks.size())
      return fail(ErrorCode::kInvalidArgument, "the file has no part " + std::to_string(part + 1));
  Players players{std::move(parts), std::move(added), {}};
  if (players.parts.empty() && players.added.empty()) {
    const auto bars = bars_up_to(score, document.music().end);
    if (!bars) return tl::unexpected(bars.error());
    const auto last =
        std::min(static_cast<std::size_t>(std::max(prompt_bars, 1)), bars->size()) - 1;
    const Tick cut = (*bars)[last].end();
    const auto in_force = [&](std::size_t i) { return midi::is_in_force(document, i, cut); };
    std::vector<std::size_t> heard;
    for (std::size_t i = 0; i < score.tracks.size(); ++i)
      if (!score.tracks[i].notes.empty() && score.tracks[i].notes.front().onset < cut)
        heard.push_back(i);
    std::copy_if(heard.begin(), heard.end(), std::back_inserter(players.parts), in_force);
    if (players.parts.empty()) players.parts = std::move(heard);
  }
  players.casting = cast_parts(score, players.parts, players.added);
  return players;
}

void ask_players(const midi::Document& document, const Players& players, Request& request) {
  request.prompt = as_cast(document.music().score, players.casting);
  request.prompt_end = document.music().end;
  request.programs = players.casting.added;
  for (const std::size_t part : players.parts)
    request.programs.push_back(players.casting.programs[part]);
}

Result<ContinuedFile> continue_document(const midi::Document& document, const Players& players,
                                        const NewBars& bars, const ContinueOptions& options) {
  const Score& score = document.music().score;
  const Prompt& prompt = *bars.prompt;
  const Placer place(document, bars);
  midi::Continuation edit;
  edit.cut = place.cut();
  edit.end = place(bars.to);
  if (!prompt.whole) edit.early = place.half_step();
  edit.only_new = options.only_new;
  put_changes(prompt, bars.music, place, edit);
  for (const std::size_t part : players.parts) {
    const auto notes = notes_of(bars.music, players.casting.programs[part], place);
    edit.music.notes.push_back(
        {part, notes_for(part, score, players.casting, players.parts, notes)});
  }
  for (std::size_t i = 0; i < players.added.size(); ++i)
    edit.music.added.push_back({players.added[i], std::string(program_name(players.added[i])),
                                notes_of(bars.music, players.casting.added[i], place)});
  edit.music.signature = options.signature;
  Score kept = score;
  for (Track& track : kept.tracks)
    std::erase_if(track.notes,
                  [&](const Note& note) { return note.onset >= edit.cut - edit.early; });
  if (auto ok = play_new_notes(options.play, kept, edit.cut, edit.music); !ok)
    return tl::unexpected(ok.error());
  midi::Edited edited = midi::continued(document, edit);

  ContinuedFile file;
  file.bytes = std::move(edited.bytes);
  for (std::size_t i = 0; i < players.parts.size(); ++i)
    file.parts.push_back({players.parts[i], midi::part_title(document.music(), players.parts[i]),
                          score.tracks[players.parts[i]].program_or_drum(), 0,
                          edited.written_by[i]});
  for (std::size_t i = 0; i < players.added.size(); ++i)
    file.parts.push_back({std::nullopt, std::string(program_name(players.added[i])),
                          players.added[i], 0, edited.written_by[players.parts.size() + i]});
  return file;
}

}  // namespace sage
