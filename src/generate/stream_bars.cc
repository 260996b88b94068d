#include "generate/stream_bars.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sage {

StreamBars::StreamBars(const Vocabulary& vocabulary, Meter meter, std::uint32_t us_per_quarter)
    : vocabulary_(&vocabulary), meter_(meter), us_per_quarter_(us_per_quarter) {}

int StreamBars::number(Tick time) const {
  if (time >= end())
    return static_cast<int>(bars_.size()) +
           static_cast<int>((time - end()).count / length_to_come().count);
  const auto after = std::upper_bound(bars_.begin(), bars_.end(), std::max(time, Tick{0}),
                                      [](Tick t, const TimedBar& b) { return t < b.bar.start; });
  return static_cast<int>(after - bars_.begin()) - 1;
}

Bar StreamBars::at(Tick time) const {
  const auto at = static_cast<std::size_t>(number(time));
  if (at < bars_.size()) return bars_[at].bar;
  const auto before = static_cast<std::int64_t>(at - bars_.size());
  return {end() + length_to_come() * before, length_to_come(), meter_};
}

void StreamBars::begin_with(const Quantised& piece) {
  for (const Bar& bar : piece.bars) {
    std::uint32_t tempo = kDefaultTempo;
    for (const TempoChange& change : piece.score.tempos)
      if (change.time <= bar.start) tempo = change.us_per_quarter;
    bars_.push_back({bar, tempo});
  }
  kept_ = bars_.size();
}

void StreamBars::add() { bars_.push_back({{end(), length_to_come(), meter_}, us_per_quarter_}); }

void StreamBars::rewind(Tick time) {
  while (bars_.size() > kept_ && bars_.back().bar.start >= time) bars_.pop_back();
}

Score StreamBars::score(std::span<const StreamNote> notes, std::span<const int> order) const {
  Score score;
  score.ticks_per_quarter = vocabulary_->grid();
  for (const TimedBar& bar : bars_) {
    if (score.meters.empty() || score.meters.back().meter != bar.bar.meter)
      score.meters.push_back({bar.bar.start, bar.bar.meter});
    if (score.tempos.empty() || score.tempos.back().us_per_quarter != bar.us_per_quarter)
      score.tempos.push_back({bar.bar.start, bar.us_per_quarter});
  }
  for (const int program : order) {
    Track track;
    track.is_drum = program == kDrumProgram;
    track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
    for (const StreamNote& note : notes)
      if (note.program == program && note.source != NoteSource::kGuessed)
        track.notes.push_back(note.note);
    if (!track.notes.empty()) score.tracks.push_back(std::move(track));
  }
  return score;
}

}  // namespace sage
