#include "serve/piece_fields.h"

#include <algorithm>
#include <utility>

#include "serve/base64.h"
#include "serve/music_file.h"
#include "serve/route.h"

namespace sage::serve {
namespace {

constexpr std::size_t kLongestText = std::size_t{64} << 20;  // bodies have a limit of their own
constexpr MidiLimits kMidiLimits = {.max_bytes = std::size_t{12} << 20,
                                    .max_notes = 400'000,
                                    .max_texts = 100'000,
                                    .max_events = 2'000'000};

}  // namespace

std::optional<Piece> read_piece(Fields& fields) {
  const auto file = fields.text("midi", kLongestText);
  const Json* music = fields.any("music");
  if (file && music != nullptr) {
    fields.refuse("music", "give either midi or music");
    return std::nullopt;
  }
  if (file) {
    auto bytes = from_base64(*file);
    if (!bytes) return fields.refuse("midi", to_string(bytes.error())), std::nullopt;
    auto document = midi::Document::read(*std::move(bytes), kMidiLimits);
    if (!document) return fields.refuse("midi", to_string(document.error())), std::nullopt;
    Music read = music_of(*document);
    return Piece{*std::move(document), std::move(read)};
  }
  if (music == nullptr) return std::nullopt;
  auto read = music_from_json(*music);
  if (!read) return fields.refuse("music", to_string(read.error())), std::nullopt;
  return Piece{std::nullopt, *std::move(read)};
}

Result<Json> piece_json(const std::optional<Piece>& piece, const Score& score) {
  Music music{score, {}};
  music.parts.resize(score.tracks.size());
  if (piece && !piece->document) {
    std::copy_n(piece->music.parts.begin(),
                std::min(piece->music.parts.size(), score.tracks.size()), music.parts.begin());
    return Json{{"music", music_json(music)}};
  }
  std::vector<std::uint8_t> bytes;
  if (piece && piece->music.score.ticks_per_quarter == score.ticks_per_quarter) {
    for (std::size_t i = 0; i < std::min(piece->music.parts.size(), score.tracks.size()); ++i)
      music.parts[i] = piece->music.parts[i];
    auto written = write_over(*piece->document, music);
    if (!written) return tl::unexpected(written.error());
    bytes = *std::move(written);
  } else {
    bytes = write_new(music);
  }
  return Json{{"midi", to_base64(bytes)}};
}

std::string_view event_name(const Written& written) {
  switch (written.type) {
    case Written::Type::kBar:
      return "bar";
    case Written::Type::kTempo:
      return "tempo";
    case Written::Type::kMeter:
      return "meter";
    case Written::Type::kNote:
      break;
  }
  return "note";
}

Json written_json(const Written& written, int take) {
  Json json = {{"take", take}, {"onset", written.note.onset.count}};
  if (written.type == Written::Type::kTempo) json["us_per_quarter"] = written.us_per_quarter;
  if (written.type == Written::Type::kMeter)
    json.update(
        {{"numerator", written.meter.numerator}, {"denominator", written.meter.denominator}});
  if (written.type != Written::Type::kNote) return json;
  if (written.track) json["track"] = *written.track;
  json.update({{"program", written.program},
               {"duration", written.note.duration.count},
               {"pitch", written.note.pitch},
               {"velocity", written.note.velocity}});
  return json;
}

Listener listener_for(Call& call, int take) {
  Listener listener;
  listener.stop = call.stop;
  listener.threads = call.state.threads;
  listener.hear = [&call, take, first = take == 0](const Written& written) mutable {
    if (written.type == Written::Type::kNote) {
      if (std::exchange(first, false)) call.state.metrics.first_note(call.answer.seconds());
      call.state.metrics.wrote(1);
    }
    if (call.answer.streams()) call.answer.event(event_name(written), written_json(written, take));
  };
  return listener;
}

void add_velocities(Json& json, Call& call, const Outcome& outcome) {
  if (call.answer.streams() && !outcome.velocities.empty()) json["velocities"] = outcome.velocities;
}

void add_facts(Json& json, Call& call, std::uint64_t seed, std::size_t notes) {
  json["new_notes"] = notes;
  json["seed"] = seed;
  json["model"] = call.state.engine->weights().hash();
  json["seconds"] = call.answer.seconds();
}

}  // namespace sage::serve
