#include "serve/jam_wire.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "live/bars.h"
#include "live/mode.h"
#include "live/recording.h"
#include "live/report.h"
#include "score/program_names.h"
#include "serve/answer.h"
#include "serve/music_json.h"

namespace sage::serve {
namespace {

constexpr int kMostBars = 100'000;
constexpr double kUsualAheadMs = 150;
constexpr double kLatestMs = 1e12;  // a time that no session reaches

double ms_of(std::int64_t us) { return static_cast<double>(us) / 1e3; }  // exact to print

std::string jam_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<live::Message> read_midi_message(Fields& fields) {
  const Json* data = fields.any("data");
  const bool is_list = data != nullptr && data->is_array() && data->size() == 3;
  std::array<int, 3> bytes{};
  for (std::size_t i = 0; is_list && i < bytes.size(); ++i)
    bytes[i] = (*data)[i].is_number_unsigned() && (*data)[i] < 256 ? (*data)[i].get<int>() : -1;
  const int kind = bytes[0] & 0xf0;
  if (!is_list || bytes[0] < 0 || (kind != 0x80 && kind != 0x90 && kind != 0xb0) || bytes[1] < 0 ||
      bytes[1] > 127 || bytes[2] < 0 || bytes[2] > 127) {
    fields.refuse("data", "must be the three bytes of a note on, a note off or a controller");
    return std::nullopt;
  }
  live::Message message;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    message.bytes[i] = static_cast<std::uint8_t>(bytes[i]);
  message.size = 3;
  message.time_us = std::llround(1e3 * fields.number("time", 0, kLatestMs).value_or(0));
  return message;
}

std::optional<live::Command> read_command(std::string_view type, Fields& fields) {
  using Kind = live::Command::Kind;
  live::Command command;
  if (type == "stop") {
    command.kind = Kind::kStop;
  } else if (type == "panic") {
    command.kind = Kind::kPanic;
  } else if (type == "hand_over") {
    command.kind = Kind::kHandOver;
  } else if (type == "tap") {
    command.kind = Kind::kTap;
    command.time_us = std::llround(1e3 * fields.number("time", 0, kLatestMs).value_or(0));
  } else if (type == "tempo") {
    command.kind = Kind::kTempo;
    if (!fields.has("change")) fields.refuse("change", "is needed: beats a minute to add");
    command.value = fields.number("change", -240, 240).value_or(0);
  } else if (type == "mute") {
    command.kind = Kind::kMute;
    if (!fields.has("part")) fields.refuse("part", "is needed: a part of the band, from 0");
    command.value = static_cast<double>(fields.integer("part", 0, live::kChannels - 1).value_or(0));
  } else {
    return std::nullopt;
  }
  return command;
}

}  // namespace

Result<JamWish> read_start(Fields& fields) {
  JamWish wish;
  live::SessionOptions& session = wish.session;
  const std::string human = fields.text("instrument", 64).value_or("piano");
  const std::string roles = fields.text("roles", 256).value_or("bass,drums,chords");
  session.mode = fields.text("mode", 32).value_or(session.mode);
  session.bpm = fields.number("tempo", 24, 240).value_or(session.bpm);
  session.phrase_bars = static_cast<int>(fields.integer("phrase", 1, 64).value_or(4));
  session.listen_bars = static_cast<int>(fields.integer("listen", 0, 1000).value_or(0));
  session.count_in_bars = static_cast<int>(fields.integer("count_in", 0, 8).value_or(1));
  session.metronome = fields.flag("metronome").value_or(false);
  const auto bars = static_cast<int>(fields.integer("bars", 0, kMostBars).value_or(0));
  session.end = Tick{bars};  // in bars, until the grid is known
  session.thru = true;       // what was heard comes back, with its time
  wish.ahead_us = std::llround(1e3 * fields.number("ahead", 0, 1000).value_or(kUsualAheadMs));
  session.output_delay_us = wish.ahead_us;
  wish.band.seed = static_cast<std::uint64_t>(fields.integer("seed", 0, INT64_MAX).value_or(0));
  wish.band.sampler.temperature =
      static_cast<float>(fields.number("temperature", 0, 10).value_or(1));
  wish.band.sampler.top_p = static_cast<float>(fields.number("top_p", 0, 1).value_or(kUsualTopP));
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  const auto program = program_from_name(human);
  if (!program)
    return fail(ErrorCode::kInvalidArgument, "instrument: no instrument '" + human + "'");
  const auto parsed = live::roles_from(roles);
  if (!parsed) return tl::unexpected(parsed.error());
  auto lineup = live::lineup_with_person(*program, *parsed);
  if (!lineup) return tl::unexpected(lineup.error());
  session.lineup = *std::move(lineup);
  wish.band.lineup = session.lineup;
  wish.band.bpm = session.bpm;
  return wish;
}

Result<JamInput> read_input(std::string_view type, Fields& fields) {
  JamInput input;
  if (type == "midi")
    input.message = read_midi_message(fields);
  else
    input.command = read_command(type, fields);
  if (!input.message && !input.command && !fields.failed())
    return fail(ErrorCode::kInvalidArgument,
                "type: must be start, ping, midi, tempo, tap, mute, hand_over, panic or stop");
  if (auto ok = fields.done(); !ok) return tl::unexpected(ok.error());
  return input;
}

std::string ready_text(const JamWish& wish, int grid) {
  Json players = Json::array();
  for (const live::Player& player : wish.session.lineup.players)
    players.push_back({{"name", player.name},
                       {"program", player.program},
                       {"channel", player.channel},
                       {"band", player.is_band}});
  return jam_text({{"type", "ready"},
                   {"ticks_per_quarter", grid},
                   {"tempo", wish.session.bpm},
                   {"ahead", ms_of(wish.ahead_us)},
                   {"players", players}});
}

std::string pong_text(const Json* echo, std::int64_t now_us) {
  Json json = {{"type", "pong"}, {"time", ms_of(now_us)}};
  if (echo != nullptr && echo->is_number()) json["id"] = *echo;
  return jam_text(json);
}

std::string status_text(const live::Status& status) {
  Json planned = Json::array();
  for (int i = 0; i < status.planned_count; ++i) {
    const auto& note = status.planned[static_cast<std::size_t>(i)];
    planned.push_back({note.tick, note.length, note.player, note.pitch});
  }
  Json rungs = Json::object();
  for (int i = 0; i < live::kRungs; ++i)
    rungs[live::name_of(static_cast<live::Rung>(i))] = status.rungs[static_cast<std::size_t>(i)];
  return jam_text({{"type", "status"},
                   {"time", ms_of(status.time_us)},
                   {"tick", status.tick},
                   {"tempo", status.bpm},
                   {"bar", status.bar},
                   {"beat", status.beat},
                   {"band", status.band_plays},
                   {"rung", live::name_of(status.rung)},
                   {"rungs", rungs},
                   {"in_hand", status.in_hand_ms},
                   {"muted", status.muted},
                   {"planned", planned}});
}

std::string played_text(std::span<const live::Message> messages) {
  Json list = Json::array();
  for (const live::Message& message : messages) {
    Json item = {ms_of(message.time_us)};
    for (const std::uint8_t byte : message.data()) item.push_back(byte);
    list.push_back(std::move(item));
  }
  return jam_text({{"type", "played"}, {"messages", list}});
}

std::string error_text(std::string_view code, std::string_view message) {
  return jam_text({{"type", "error"}, {"error", {{"code", code}, {"message", message}}}});
}

std::string end_text(const live::Session& session, const JamWish& wish, int grid) {
  const Score score = live::recording_of(session.conductor(), wish.session, grid);
  const auto report = live::to_json(session.report());
  return jam_text({{"type", "end"}, {"report", report}, {"music", music_json(Music{score, {}})}});
}

}  // namespace sage::serve
