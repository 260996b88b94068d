// sage-music inspect: what is in a MIDI file, a token file or a model.
#include <filesystem>
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/music_file.h"
#include "apps/shared/tokenizer_options.h"
#include "generate/compose.h"
#include "generate/engine.h"
#include "nn/tensor_spec.h"
#include "score/meter_text.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

struct InspectOptions {
  std::string file;
  bool json = false;
};

Json describe_midi(const MidiRead& read) {
  const Score& score = read.score;
  Json tracks = Json::array();
  for (std::size_t i = 0; i < score.tracks.size(); ++i) {
    const Track& track = score.tracks[i];
    const midi::Part& part = read.parts[i];
    tracks.push_back({{"part", i + 1},
                      {"name", track.name},
                      {"program", track.program_or_drum()},
                      {"instrument", program_name(track.program_or_drum())},
                      {"port", part.port + 1},
                      {"channel", part.channel + 1},
                      {"notes", track.notes.size()}});
  }
  Json meters = Json::array();
  for (const MeterChange& change : score.meters) meters.push_back(meter_text(change.meter));
  Json warnings = Json::array();
  for (const MidiWarning& warning : read.warnings)
    warnings.push_back("byte " + std::to_string(warning.offset) + ": " + warning.message);
  const auto bars = bars_up_to(score, read.end);
  return {{"kind", "midi"},
          {"format", read.format},
          {"ticks_per_quarter", score.ticks_per_quarter},
          {"notes", note_count(score)},
          {"seconds", duration_seconds(score)},
          {"bars", bars ? Json(bars->size()) : Json()},
          {"tempo_changes", score.tempos.size()},
          {"meters", meters},
          {"tracks", tracks},
          {"warning_count", read.warning_count},
          {"warnings", warnings}};
}

Result<Json> describe_tokens(const std::string& path) {
  auto file = read_token_file(path);
  if (!file) return tl::unexpected(file.error());
  auto tokenizer = Tokenizer::create(file->config);
  if (!tokenizer) return fail(path, tokenizer.error());
  Json pieces = Json::array();
  for (const auto& piece : file->pieces) {
    auto score = tokenizer->decode(piece.tokens);
    if (!score) return fail(path + ", piece " + piece.file, score.error());
    pieces.push_back({{"file", piece.file},
                      {"tokens", piece.tokens.size()},
                      {"notes", note_count(*score)},
                      {"seconds", duration_seconds(*score)}});
  }
  return Json{{"kind", "tokens"},
              {"tokenizer", to_json(file->config)},
              {"vocabulary", tokenizer->size()},
              {"pieces", pieces}};
}

Result<Json> describe_model(const std::string& path) {
  auto engine = Engine::open(path);
  if (!engine) return tl::unexpected(engine.error());
  const Weights& weights = (*engine)->weights();
  Json config = to_json(weights.config());
  config.erase("token_attributes");
  Json result = {{"kind", "model"},
                 {"hash", weights.hash()},
                 {"type", std::string(to_string(weights.type()))},
                 {"parameters", parameter_count(weights.config())},
                 {"bytes", weights.bytes()},
                 {"config", config},
                 {"tokenizer", to_json((*engine)->tokenizer().config())}};
  for (const auto key : {kLicenceKey, kDataKey, kTrainingKey}) {
    const auto entry = weights.metadata().find(std::string(key));
    if (entry == weights.metadata().end()) continue;
    const Json parsed = Json::parse(entry->second, nullptr, false);
    result[std::string(key.substr(5))] = parsed.is_discarded() ? Json(entry->second) : parsed;
  }
  return result;
}

Result<Json> describe(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".json") return describe_tokens(path);
  if (extension == ".safetensors") return describe_model(path);
  auto document = read_quietly(path);
  if (!document) return tl::unexpected(document.error());
  return describe_midi(document->music());
}

void say_plain(const Json& value, const std::string& indent) {
  for (const auto& [key, item] : value.items()) {
    const std::string name = value.is_array() ? "-" : printable(key) + ":";
    if (item.is_structured() && !item.empty() && !(item.is_array() && item[0].is_primitive())) {
      say(indent + name);
      say_plain(item, indent + "  ");
    } else {
      say(indent + name + " " +
          printable(item.is_string() ? item.get<std::string>()
                                     : item.dump(-1, ' ', false, Json::error_handler_t::replace)));
    }
  }
}

Result<void> act(const InspectOptions& options) {
  auto facts = describe(options.file);
  if (!facts) return tl::unexpected(facts.error());
  if (options.json)
    say_json(*facts);
  else
    say_plain(*facts, "");
  return {};
}

}  // namespace

void add_inspect(Cli& cli) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command =
      add_command(cli.app, cli, "inspect", "Show the contents of a MIDI file, token file or model",
                  "  sage-music inspect song.mid\n"
                  "  sage-music inspect models/small.safetensors --json",
                  [options] { return act(*options); });
  command
      ->add_option("file", options->file,
                   "MIDI file (- is standard input), token file (.json) or model (.safetensors)")
      ->required();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
