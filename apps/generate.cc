// sage-music generate: new music from nothing, from an ensemble, or from the first bars of a MIDI
// file.
#include <chrono>
#include <memory>
#include <sstream>

#include "cli.h"
#include "generate/generator.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "model_choice.h"
#include "render_outputs.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

struct Options {
  ModelChoice model;
  Request request;
  std::string prompt, instruments, time_signature;
  double tempo = 0;
  std::string output;
  RenderOutputs renderings;
  bool json = false;
};

Result<std::vector<int>> parse_instruments(const std::string& text) {
  std::vector<int> programs;
  std::stringstream list(text);
  for (std::string name; std::getline(list, name, ',');) {
    const auto program = program_from_name(name);
    if (!program)
      return fail(ErrorCode::kInvalidArgument,
                  "no instrument is called '" + name +
                      "'; use General MIDI names such as piano, violin, acoustic bass, drums, or "
                      "numbers 0 to 127 (128 for drums)");
    programs.push_back(*program);
  }
  return programs;
}

Result<Meter> parse_meter(const std::string& text) {
  int numerator = 0, denominator = 0;
  char slash = 0, rest = 0;
  std::stringstream in(text);
  if (!(in >> numerator >> slash >> denominator) || slash != '/' || in >> rest || numerator < 1 ||
      numerator > 255 || denominator < 1 || denominator > 128)
    return fail(ErrorCode::kInvalidArgument,
                "time signature '" + text + "' is not of the form 3/4");
  return Meter{static_cast<std::uint8_t>(numerator), static_cast<std::uint8_t>(denominator)};
}

Result<void> complete_request(Options& options) {
  Request& request = options.request;
  if (!options.prompt.empty()) {
    auto read = read_midi_file(options.prompt);
    if (!read) return tl::unexpected(read.error());
    request.prompt = std::move(read->score);
  }
  if (!options.instruments.empty()) {
    auto programs = parse_instruments(options.instruments);
    if (!programs) return tl::unexpected(programs.error());
    request.programs = *std::move(programs);
  }
  if (!options.time_signature.empty()) {
    auto meter = parse_meter(options.time_signature);
    if (!meter) return tl::unexpected(meter.error());
    request.meter = *meter;
  }
  if (options.tempo != 0) request.bpm = options.tempo;
  return {};
}

struct Timing {
  double first_note = 0;  // seconds from the request to the first note
  double total = 0;
};

Result<Timing> run(Generator& generator, const Options& options,
                   std::chrono::steady_clock::time_point start) {
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Timing timing;
  int bars = 0;
  for (;;) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted; nothing was written");
    const ReadEvent event = generator.next();
    if (event.type == ReadEvent::Type::kEnd) break;
    if (event.type == ReadEvent::Type::kNote && timing.first_note == 0)
      timing.first_note = elapsed();
    if (event.type == ReadEvent::Type::kBar && ++bars % 8 == 0 && !options.json)
      show_progress("bar " + std::to_string(bars) + " of " + std::to_string(options.request.bars) +
                    ", " + fixed(elapsed() / bars * (options.request.bars - bars), 1) + " s left");
  }
  if (bars >= 8 && !options.json) end_progress();
  timing.total = elapsed();
  return timing;
}

/// Which program, model and seed wrote the piece, in the piece.
void sign(Score& score, const Engine& engine, std::uint64_t seed) {
  score.texts.insert(score.texts.begin(),
                     {{0},
                      1,
                      "sage-music " SAGE_VERSION ", model " + engine.weights().hash() + ", seed " +
                          std::to_string(seed)});
}

void report(const Options& options, const Engine& engine, const Generator& generator,
            const Score& score, const Timing& timing) {
  const auto notes = static_cast<double>(generator.notes());
  const auto tokens = static_cast<double>(generator.tokens().size() - generator.prompt_tokens());
  const double seconds = duration_seconds(score);
  if (options.json) {
    Json programs = Json::array();
    for (const Track& track : score.tracks)
      programs.push_back(program_name(track.program_or_drum()));
    say_json({{"output", options.output},
              {"seed", options.request.seed},
              {"model", engine.weights().hash()},
              {"bars", options.request.bars},
              {"new_notes", generator.notes()},
              {"notes", note_count(score)},
              {"tracks", score.tracks.size()},
              {"programs", programs},
              {"music_seconds", seconds},
              {"generation_seconds", timing.total},
              {"notes_per_second", notes / timing.total},
              {"tokens_per_second", tokens / timing.total},
              {"time_to_first_note_ms", timing.first_note * 1e3}});
    return;
  }
  say(options.output + ": " + grouped(static_cast<long long>(note_count(score))) + " notes in " +
      std::to_string(score.tracks.size()) + " tracks, " + fixed(seconds, 1) + " s of music");
  std::string names;
  for (const Track& track : score.tracks)
    names += (names.empty() ? "" : ", ") + std::string(program_name(track.program_or_drum()));
  say("instruments: " + names);
  say("speed: " + grouped(static_cast<long long>(generator.notes())) + " new notes in " +
      fixed(timing.total, 2) + " s, " + fixed(notes / timing.total, 0) + " notes/s, " +
      fixed(tokens / timing.total, 0) + " tokens/s; first note after " +
      fixed(timing.first_note * 1e3, 1) + " ms");
  for (const std::string& path : {options.renderings.wav, options.renderings.svg})
    if (!path.empty()) say("wrote " + path);
}

Result<void> act(Options& options) {
  if (auto ok = complete_request(options); !ok) return ok;
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  const auto start = std::chrono::steady_clock::now();
  auto generator = Generator::create(*engine, options.request, {.threads = options.model.threads});
  if (!generator) {
    const std::string name = options.prompt.empty() ? "" : options.prompt + ": ";
    return fail(generator.error().code, name + to_string(generator.error()));
  }
  auto timing = run(*generator, options, start);
  if (!timing) return tl::unexpected(timing.error());
  Score score = generator->score();
  sign(score, **engine, options.request.seed);
  if (auto done = write_midi_file(score, options.output); !done) return done;
  if (auto done = write_renderings(score, options.renderings); !done) return done;
  report(options, **engine, *generator, score, *timing);
  return {};
}

}  // namespace

void add_generate(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      cli.app, cli, "generate", "Write new multi-track music to a MIDI file",
      "  sage-music generate --bars 32 --seed 7 -o piece.mid --wav piece.wav --svg piece.svg\n"
      "  sage-music generate --instruments piano,bass,drums --tempo 120 --time-signature 4/4 -o "
      "trio.mid\n"
      "  sage-music generate --prompt song.mid --prompt-bars 4 --bars 16 -o continued.mid",
      [options] { return act(*options); });
  Request& request = options->request;
  SamplerOptions& sampler = request.sampler;
  add_model_options(*command, options->model);
  command->add_option("-p,--prompt", options->prompt, "MIDI file to continue");
  command->add_option("--prompt-bars", request.prompt_bars, "how many of its first bars to keep")
      ->capture_default_str();
  command->add_option("-n,--bars", request.bars, "new bars to write")->capture_default_str();
  command->add_option("--max-notes", request.max_notes, "stop after so many new notes");
  command->add_option("--max-seconds", request.max_seconds,
                      "stop after so many seconds of new music");
  command->add_option("--instruments", options->instruments, "e.g. piano,bass,drums");
  command->add_option("--tempo", options->tempo, "quarter notes a minute");
  command->add_option("--time-signature", options->time_signature, "e.g. 3/4");
  command->add_flag("--meter-changes", request.allow_meter_changes,
                    "let the model change the meter");
  command->add_flag("--tempo-changes", request.allow_tempo_changes,
                    "let the model change the tempo");
  command->add_option("-s,--seed", request.seed, "the same seed gives the same music")
      ->capture_default_str();
  command->add_option("--temperature", sampler.temperature, "0: always the likeliest token")
      ->capture_default_str();
  command->add_option("--top-k", sampler.top_k, "choose among the k likeliest; 0: all")
      ->capture_default_str();
  command
      ->add_option("--top-p", sampler.top_p, "choose among the likeliest that make up this share")
      ->capture_default_str();
  command->add_option("--min-p", sampler.min_p, "drop what is this much less likely than the best")
      ->capture_default_str();
  command->add_option("--repeat-penalty", sampler.repeat_penalty, "against loops; 0: off")
      ->capture_default_str();
  command->add_option("--repeat-allowed", sampler.repeat_allowed, "tokens that may repeat freely")
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "MIDI file to write")->required();
  command->add_option("--wav", options->renderings.wav, "also render the sound");
  command->add_option("--svg", options->renderings.svg, "also draw the piano roll");
  command->add_option("--sound-font", options->renderings.sound_font, "for --wav");
  command->add_flag("--json", options->json, "report as JSON");
}

}  // namespace sage::cli
