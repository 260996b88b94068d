#include "live/recording.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "score/transform.h"

namespace sage::live {
namespace {

constexpr std::uint8_t kDrumKit = 0;

Track track_of(const Player& player) {
  Track track;
  track.name = player.name;
  track.is_drum = player.program == kDrumProgram;
  track.program = track.is_drum ? kDrumKit : static_cast<std::uint8_t>(player.program);
  return track;
}

Tick rescaled(double tick, double scale) {
  return {std::max<std::int64_t>(0, std::llround(tick * scale))};
}

std::uint32_t us_per_quarter(double bpm) {
  return static_cast<std::uint32_t>(std::clamp(60e6 / bpm, 1.0, 16'777'215.0) + 0.5);
}

/// The band's parts, from what was sent.
std::vector<Track> band_tracks(std::span<const Sent> log, const Lineup& lineup, double scale) {
  struct Down {
    double tick = -1;
    std::uint8_t velocity = 0, player = 0;
  };
  std::vector<Track> tracks;
  for (const Player& player : lineup.players) tracks.push_back(track_of(player));
  std::array<std::array<Down, kKeys>, kChannels> down{};
  for (const Sent& sent : log) {
    const Message& m = sent.message;
    if (!m.is_note_on() && !m.is_note_off()) continue;
    Down& key = down[m.channel()][m.key()];
    if (key.tick >= 0) {
      const Tick onset = rescaled(key.tick, scale);
      const Tick length = std::max(Tick{1}, rescaled(sent.tick, scale) - onset);
      tracks[key.player].notes.push_back({onset, length, m.key(), key.velocity});
    }
    const bool is_band = sent.voice < lineup.players.size() && lineup.players[sent.voice].is_band;
    key = m.is_note_on() && is_band ? Down{sent.tick, m.velocity(), sent.voice} : Down{};
  }
  for (std::size_t i = tracks.size(); i > 0; --i)
    if (!lineup.players[i - 1].is_band || tracks[i - 1].notes.empty())
      tracks.erase(tracks.begin() + static_cast<std::ptrdiff_t>(i - 1));
  return tracks;
}

}  // namespace

Score recording_of(const Conductor& conductor, const SessionOptions& options, int grid) {
  const double scale = static_cast<double>(kRecordingTicks) / grid;
  Score score;
  score.ticks_per_quarter = kRecordingTicks;
  for (const Line& line : conductor.transport().lines()) {
    const auto us = static_cast<std::uint32_t>(std::lround(line.us_per_tick * grid));
    if (score.tempos.empty() || score.tempos.back().us_per_quarter != us)
      score.tempos.push_back({rescaled(line.tick, scale), us});
  }
  for (const MeterChange& change : options.meters)
    score.meters.push_back({rescaled(static_cast<double>(change.time.count), scale), change.meter});
  for (const Player& player : options.lineup.players) {
    if (player.is_band) continue;
    Track track = track_of(player);
    for (const HeardNote& heard : conductor.hearing().notes()) {
      if (heard.program != player.program) continue;
      const Tick onset = rescaled(heard.onset, scale);
      track.notes.push_back({onset, std::max(Tick{1}, rescaled(heard.end, scale) - onset),
                             heard.pitch, heard.velocity});
    }
    if (!track.notes.empty()) score.tracks.push_back(std::move(track));
  }
  for (Track& track : band_tracks(conductor.log(), options.lineup, scale))
    score.tracks.push_back(std::move(track));
  normalise(score);
  return score;
}

Score file_with_band(const Score& file, Tick end, double bpm, const Conductor& conductor,
                     const Lineup& lineup, int grid) {
  Score score = slice(file, Tick{0}, end, true);
  std::erase_if(score.tracks, [&](const Track& track) {
    const Player* player = lineup.of_program(track.program_or_drum());
    return player != nullptr && player->is_band;
  });
  if (bpm > 0) score.tempos = {{Tick{0}, us_per_quarter(bpm)}};
  const double scale = static_cast<double>(score.ticks_per_quarter) / grid;
  for (Track& track : band_tracks(conductor.log(), lineup, scale))
    score.tracks.push_back(std::move(track));
  normalise(score);
  return score;
}

}  // namespace sage::live
