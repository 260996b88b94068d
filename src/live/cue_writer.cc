#include "live/cue_writer.h"

#include <algorithm>
#include <cmath>

namespace sage::live {
namespace {

constexpr int kClickKey = 76, kBarClickKey = 77;  // wood blocks of General MIDI
constexpr int kClickVelocity = 100;
constexpr double kBeforeAll = -1e6;  // tick

}  // namespace

void CueWriter::program(const Player& player) {
  Cue cue;
  cue.kind = Cue::Kind::kMessage;
  cue.message = program_change(player.channel, player.program);
  cue.tick = kBeforeAll;
  cues_.push(cue);
}

void CueWriter::note(const BandNote& note, double gain) {
  const Player* player = lineup_.of_program(note.program);
  Cue cue;
  cue.kind = Cue::Kind::kNote;
  cue.voice = static_cast<std::uint8_t>(player - lineup_.players.data());
  cue.message =
      note_on(player->channel, note.note.pitch,
              std::clamp(static_cast<int>(std::lround(note.note.velocity * gain)), 1, 127));
  cue.tick = static_cast<double>(note.note.onset.count);
  cue.end = static_cast<double>((note.note.onset + note.note.duration).count);
  cues_.push(cue);
}

void CueWriter::clicks(Tick from, Tick to) {
  for (Tick tick = from; tick < to; tick += Tick{1}) {
    const Bar bar = bars_.at(tick).bar;
    const std::int64_t beat = std::max<std::int64_t>(1, 4 * grid_ / bar.meter.denominator);
    const std::int64_t at = tick.count - bar.start.count;
    if (at % beat != 0) continue;
    Cue cue;
    cue.kind = Cue::Kind::kNote;
    cue.message = note_on(kDrumChannel, at == 0 ? kClickKey : kBarClickKey, kClickVelocity);
    cue.tick = static_cast<double>(tick.count);
    cue.end = cue.tick + 1;
    cues_.push(cue);
  }
}

void CueWriter::lines(const Transport& transport, double until) {
  for (const Line& line : transport.lines()) {
    if (line.tick <= known_until_ || line.tick > until) continue;
    Cue cue;
    cue.kind = Cue::Kind::kLine;
    cue.tick = line.tick;
    cue.line = line;
    if (!cues_.push(cue)) return;
    known_until_ = line.tick;
  }
}

void CueWriter::lines_changed(double tick) {
  known_until_ = std::min(known_until_, std::nextafter(tick, -1e9));
}

}  // namespace sage::live
