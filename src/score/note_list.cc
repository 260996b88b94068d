#include "score/note_list.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

namespace sage {
namespace {

constexpr std::int64_t kMostTicks = std::int64_t{1} << 36;

Result<void> check(const ListedNote& listed, std::size_t number) {
  const auto refuse = [&](const std::string& what) {
    return fail(ErrorCode::kInvalidArgument, "note " + std::to_string(number) + ": " + what);
  };
  const Note& note = listed.note;
  if (listed.program < 0 || listed.program >= kProgramCount)
    return refuse("program " + std::to_string(listed.program) + " is not in 0..128");
  if (note.pitch > 127) return refuse("pitch " + std::to_string(note.pitch) + " is not in 0..127");
  if (note.velocity < 1 || note.velocity > 127)
    return refuse("velocity " + std::to_string(note.velocity) + " is not in 1..127");
  if (note.onset.count < 0 || note.onset.count > kMostTicks)
    return refuse("onset " + std::to_string(note.onset.count) + " is negative or too large");
  if (note.duration.count < 0 || note.duration.count > kMostTicks)
    return refuse("duration " + std::to_string(note.duration.count) + " is negative or too large");
  return {};
}

}  // namespace

std::vector<ListedNote> note_list(const Score& score) {
  std::vector<ListedNote> notes;
  std::size_t count = 0;
  for (const Track& track : score.tracks) count += track.notes.size();
  notes.reserve(count);
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes) notes.push_back({track.program_or_drum(), note});
  std::ranges::sort(notes, [](const ListedNote& a, const ListedNote& b) {
    return std::tie(a.note.onset, a.program, a.note) < std::tie(b.note.onset, b.program, b.note);
  });
  return notes;
}

Result<Score> score_of_notes(std::span<const ListedNote> notes, int ticks_per_quarter, double bpm) {
  if (ticks_per_quarter < 1 || ticks_per_quarter > 32'767)
    return fail(ErrorCode::kInvalidArgument, "ticks a quarter note must lie between 1 and 32767");
  if (!(bpm >= 4 && bpm <= 10'000))
    return fail(ErrorCode::kInvalidArgument, "the tempo must lie between 4 and 10000 bpm");
  Score score;
  score.ticks_per_quarter = ticks_per_quarter;
  score.tempos = {{{0}, static_cast<std::uint32_t>(std::lround(60e6 / bpm))}};
  std::vector<Note> of[kProgramCount];
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (auto ok = check(notes[i], i); !ok) return tl::unexpected(ok.error());
    of[notes[i].program].push_back(notes[i].note);
  }
  for (int program = 0; program < kProgramCount; ++program) {
    if (of[program].empty()) continue;
    std::ranges::sort(of[program]);
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    track.notes = std::move(of[program]);
    score.tracks.push_back(std::move(track));
  }
  return score;
}

}  // namespace sage
