#include "serve/music_json.h"

#include <algorithm>
#include <bit>

#include "score/transform.h"

namespace sage::serve {
namespace {

constexpr std::int64_t kLastTick = (std::int64_t{1} << 36) - 1;
constexpr std::size_t kMostNotes = 400'000;
constexpr std::size_t kMostEvents = 50'000;

/// A row of whole numbers, each with its range.
struct Range {
  const char* name;
  std::int64_t low, high;
};

template <std::size_t n>
Result<std::array<std::int64_t, n>> row_of(const Json& json, const Range (&ranges)[n],
                                           const std::string& where) {
  std::array<std::int64_t, n> row{};
  if (!json.is_array() || json.size() != n)
    return fail(ErrorCode::kInvalidArgument,
                where + ": must be a list of " + std::to_string(n) + " numbers");
  for (std::size_t i = 0; i < n; ++i) {
    const Json& item = json[i];
    const bool whole = item.is_number_integer() &&
                       !(item.is_number_unsigned() &&
                         item.get<std::uint64_t>() > static_cast<std::uint64_t>(kLastTick));
    if (whole) row[i] = item.get<std::int64_t>();
    if (!whole || row[i] < ranges[i].low || row[i] > ranges[i].high)
      return fail(ErrorCode::kInvalidArgument,
                  where + ": " + ranges[i].name + " must be a whole number from " +
                      std::to_string(ranges[i].low) + " to " + std::to_string(ranges[i].high));
  }
  return row;
}

/// Calls take(row) for each row of a list that may be missing.
template <std::size_t n, class Take>
Result<void> read_rows(const Json* list, const Range (&ranges)[n], const std::string& where,
                       std::size_t most, Take take) {
  if (list == nullptr) return {};
  if (!list->is_array()) return fail(ErrorCode::kInvalidArgument, where + ": must be a list");
  if (list->size() > most)
    return fail(ErrorCode::kLimit, where + ": has more than " + std::to_string(most) + " entries");
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto row = row_of((*list)[i], ranges, where + "[" + std::to_string(i) + "]");
    if (!row) return tl::unexpected(row.error());
    take(*row);
  }
  return {};
}

Result<void> read_track(const Json& json, const std::string& where, Music& music,
                        std::size_t& notes) {
  Fields fields(json, where + ".");
  Track track;
  if (auto name = fields.text("name", 1'000)) track.name = *std::move(name);
  const auto program = fields.integer("program", 0, kDrumProgram).value_or(0);
  track.is_drum = program == kDrumProgram;
  track.program = static_cast<std::uint8_t>(track.is_drum ? 0 : program);
  for (const auto& [number, name] : {std::pair{kVolume, "volume"}, std::pair{kPan, "pan"}})
    if (const auto value = fields.integer(name, 0, 127))
      track.controls.push_back(
          {Tick{0}, static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(*value)});
  std::optional<std::size_t> part;
  if (const auto number = fields.integer("part", 0, 1'000'000))
    part = static_cast<std::size_t>(*number);
  static constexpr Range kNote[] = {
      {"onset", 0, kLastTick}, {"duration", 0, kLastTick}, {"pitch", 0, 127}, {"velocity", 1, 127}};
  const Json* list = fields.any("notes");
  if (auto ok = fields.done(); !ok) return ok;
  if (auto ok = read_rows(list, kNote, where + ".notes", kMostNotes - notes,
                          [&](const auto& row) {
                            track.notes.push_back({{row[0]},
                                                   {row[1]},
                                                   static_cast<std::uint8_t>(row[2]),
                                                   static_cast<std::uint8_t>(row[3])});
                          });
      !ok)
    return ok;
  notes += track.notes.size();
  music.score.tracks.push_back(std::move(track));
  music.parts.push_back(part);
  return {};
}

}  // namespace

std::optional<int> control_at_start(const Track& track, int number) {
  std::optional<int> value;
  const Tick start = track.notes.empty() ? Tick{0} : track.notes.front().onset;
  for (const Control& control : track.controls)
    if (control.number == number && (control.time <= start || !value)) value = control.value;
  return value;
}

Json music_json(const Music& music) {
  const Score& score = music.score;
  Json tracks = Json::array();
  for (std::size_t i = 0; i < score.tracks.size(); ++i) {
    const Track& track = score.tracks[i];
    Json notes = Json::array();
    for (const Note& note : track.notes)
      notes.push_back({note.onset.count, note.duration.count, note.pitch, note.velocity});
    Json json = {{"name", track.name}, {"program", track.program_or_drum()}};
    if (i < music.parts.size() && music.parts[i]) json["part"] = *music.parts[i];
    if (const auto volume = control_at_start(track, kVolume)) json["volume"] = *volume;
    if (const auto pan = control_at_start(track, kPan)) json["pan"] = *pan;
    json["notes"] = std::move(notes);
    tracks.push_back(std::move(json));
  }
  Json tempos = Json::array(), meters = Json::array(), keys = Json::array(), texts = Json::array();
  for (const TempoChange& tempo : score.tempos)
    tempos.push_back({tempo.time.count, tempo.us_per_quarter});
  for (const MeterChange& change : score.meters)
    meters.push_back({change.time.count, change.meter.numerator, change.meter.denominator});
  for (const KeySignature& key : score.keys)
    keys.push_back({key.time.count, key.sharps, key.minor ? 1 : 0});
  for (const Text& text : score.texts) texts.push_back({text.time.count, text.type, text.text});
  return {{"ticks_per_quarter", score.ticks_per_quarter},
          {"tracks", tracks},
          {"tempos", tempos},
          {"meters", meters},
          {"keys", keys},
          {"texts", texts}};
}

Result<Music> music_from_json(const Json& json) {
  Fields fields(json, "music.");
  Music music;
  Score& score = music.score;
  score.ticks_per_quarter =
      static_cast<int>(fields.integer("ticks_per_quarter", 1, 32'767).value_or(480));
  const Json* tracks = fields.any("tracks");
  const Json* tempos = fields.any("tempos");
  const Json* meters = fields.any("meters");
  const Json* keys = fields.any("keys");
  (void)fields.any("texts");  // a file's own texts stay in the file
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  if (tracks == nullptr || !tracks->is_array())
    return fail(ErrorCode::kInvalidArgument, "music.tracks: must be a list");
  if (tracks->size() > kMostTracks)
    return fail(ErrorCode::kLimit, "music.tracks: has more than 512 entries");
  std::size_t notes = 0;
  for (std::size_t i = 0; i < tracks->size(); ++i)
    if (auto ok = read_track((*tracks)[i], "music.tracks[" + std::to_string(i) + "]", music, notes);
        !ok)
      return tl::unexpected(ok.error());
  static constexpr Range kTempo[] = {{"tick", 0, kLastTick}, {"tempo", 1, 0xff'ff'ff}};
  static constexpr Range kMeter[] = {
      {"tick", 0, kLastTick}, {"numerator", 1, 255}, {"denominator", 1, 128}};
  static constexpr Range kKey[] = {{"tick", 0, kLastTick}, {"sharps", -7, 7}, {"minor", 0, 1}};
  bool even = true;  // denominators are powers of two
  for (auto ok :
       {read_rows(tempos, kTempo, "music.tempos", kMostEvents,
                  [&](const auto& row) {
                    score.tempos.push_back({{row[0]}, static_cast<std::uint32_t>(row[1])});
                  }),
        read_rows(meters, kMeter, "music.meters", kMostEvents,
                  [&](const auto& row) {
                    even &= std::has_single_bit(static_cast<unsigned>(row[2]));
                    score.meters.push_back(
                        {{row[0]},
                         {static_cast<std::uint8_t>(row[1]), static_cast<std::uint8_t>(row[2])}});
                  }),
        read_rows(keys, kKey, "music.keys", kMostEvents, [&](const auto& row) {
          score.keys.push_back({{row[0]}, static_cast<std::int8_t>(row[1]), row[2] == 1});
        })})
    if (!ok) return tl::unexpected(ok.error());
  if (!even)
    return fail(ErrorCode::kInvalidArgument,
                "music.meters: a denominator must be a power of two, such as 4 or 8");
  normalise(score);
  return music;
}

}  // namespace sage::serve
