// sage-music generate: new music from nothing, from an ensemble, or from the first bars of a MIDI
// file.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/music_options.h"
#include "apps/shared/playing_options.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/sampler_options.h"
#include "apps/shared/wish_options.h"
#include "base/file.h"
#include "generate/generator.h"
#include "generate/takes.h"
#include "midi/reader.h"
#include "midi/writer.h"
#include "score/meter_text.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

struct Options {
  ModelChoice model;
  Request request;
  WishOptions wishes;
  std::string prompt;
  std::string output;
  RenderOutputs renderings;
  PlayingChoice playing;
  int takes = 1;
  std::optional<int> endings;
  bool no_drafts = false;
  bool json = false;
};

/// A file's name with the number of a take: piece.mid as piece-2.mid.
std::string numbered(const std::string& path, int take) {
  if (path.empty()) return path;
  const std::filesystem::path whole(path);
  return (whole.parent_path() / whole.stem()).string() + "-" + std::to_string(take) +
         whole.extension().string();
}

RenderOutputs numbered(const RenderOutputs& renderings, int take) {
  return {numbered(renderings.wav, take), numbered(renderings.svg, take), renderings.sound_font};
}

/// What one command writes; of the takes one, from 1.
struct Outputs {
  std::string midi;
  RenderOutputs renderings;
};

Outputs outputs_of(const Options& options, int take) {
  if (options.takes == 1) return {options.output, options.renderings};
  return {numbered(options.output, take), numbered(options.renderings, take)};
}

Result<void> check(const Options& options) {
  if (auto ok = validate(options.request.sampler); !ok) return ok;
  for (int take = 1; take <= options.takes; ++take) {
    const auto [midi, renderings] = outputs_of(options, take);
    if (auto ok = check_apart(
            {options.prompt, options.model.model, renderings.sound_font, options.wishes.file},
            {midi, renderings.wav, renderings.svg});
        !ok)
      return ok;
  }
  return {};
}

/// What can go wrong with files is found here, before any music is written.
Result<void> prepare(Options& options) {
  if (!options.prompt.empty()) {
    auto read = read_midi_file(options.prompt);
    if (!read) return tl::unexpected(read.error());
    options.request.prompt = std::move(read->score);
  }
  std::vector<int> programs = options.request.programs;
  if (programs.empty() && options.request.prompt)
    for (const Track& track : options.request.prompt->tracks)
      programs.push_back(track.program_or_drum());
  auto wishes = wishes_of(options.wishes, programs);
  if (!wishes) return tl::unexpected(wishes.error());
  options.request.wishes = *std::move(wishes);
  for (int take = 1; take <= options.takes; ++take) {
    const auto [midi, renderings] = outputs_of(options, take);
    if (auto ok = check_writable(midi); !ok) return ok;
    if (auto ok = check_renderings(renderings); !ok) return ok;
  }
  return {};
}

/// Says where the new bars cannot have the prompt's meter.
void note_meter(const Options& options, const Generator& generator) {
  const std::optional<Prompt>& prompt = generator.prompt();
  if (!prompt || options.request.meter || prompt->meter == prompt->file_meter) return;
  note(options.prompt + " is in " + meter_text(prompt->file_meter) +
       " at the prompt's end, which the model cannot write: it continues in " +
       meter_text(prompt->meter) + " (--time-signature asks for another meter)");
}

struct Course {
  int bars = 0;           // new ones
  double first_note = 0;  // seconds from the request to the first note
  double ending = 0;      // seconds in which endings were written to choose among
  double total = 0;
  // Written in the rest of the time: not the ending's.
  std::size_t notes = 0;
  std::size_t tokens = 0;

  double notes_per_second() const { return static_cast<double>(notes) / (total - ending); }
  double tokens_per_second() const { return static_cast<double>(tokens) / (total - ending); }
};

Result<Course> run(Generator& generator, const Options& options,
                   std::chrono::steady_clock::time_point start) {
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Course course;
  // The generator itself begins the bar behind a prompt.
  if (!options.prompt.empty()) course.bars = 1;
  for (;;) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted; nothing was written");
    const double before = elapsed();
    const bool in_ending = generator.endings_tried() > 0;
    if (!in_ending) {
      course.notes = generator.notes();
      course.tokens = generator.tokens().size() - generator.prompt_tokens();
    }
    const ReadEvent event = generator.next();
    if (!in_ending && generator.endings_tried() > 0) course.ending = elapsed() - before;
    if (event.type == ReadEvent::Type::kEnd) break;
    if (event.type == ReadEvent::Type::kNote && course.first_note == 0)
      course.first_note = elapsed();
    if (event.type == ReadEvent::Type::kBar && ++course.bars % 8 == 0 && !options.json)
      show_progress("bar " + std::to_string(course.bars) + " of " +
                    std::to_string(options.request.bars) + ", " +
                    fixed(elapsed() / course.bars * (options.request.bars - course.bars), 1) +
                    " s left");
  }
  end_progress();
  course.total = elapsed();
  return course;
}

void report(const Options& options, const Engine& engine, const Generator& generator,
            const Score& score, const Course& course) {
  const double seconds = duration_seconds(score);
  if (options.json) {
    Json programs = Json::array();
    for (const Track& track : score.tracks)
      programs.push_back(program_name(track.program_or_drum()));
    say_json({{"output", options.output},
              {"seed", options.request.seed},
              {"model", engine.weights().hash()},
              {"bars", course.bars},
              {"new_notes", generator.notes()},
              {"dropped_notes", generator.dropped_notes()},
              {"notes", note_count(score)},
              {"tracks", score.tracks.size()},
              {"programs", programs},
              {"music_seconds", seconds},
              {"generation_seconds", course.total},
              {"ending_seconds", course.ending},
              {"endings_tried", generator.endings_tried()},
              {"ending_log_odds", generator.end_odds()},
              {"notes_per_second", course.notes_per_second()},
              {"tokens_per_second", course.tokens_per_second()},
              {"tokens_drafted", generator.drafts().drafted},
              {"drafts_accepted", generator.drafts().accepted},
              {"time_to_first_note_ms", course.first_note * 1e3},
              {"wishes_lost", to_json(generator.losses())}});
    return;
  }
  say(options.output + ": " + grouped(static_cast<long long>(note_count(score))) + " notes in " +
      std::to_string(score.tracks.size()) + " tracks, " + fixed(seconds, 1) + " s of music");
  std::string names;
  for (const Track& track : score.tracks)
    names += (names.empty() ? "" : ", ") + std::string(program_name(track.program_or_drum()));
  say("instruments: " + names);
  say("speed: " + grouped(static_cast<long long>(generator.notes())) + " new notes in " +
      fixed(course.total, 2) + " s, " + fixed(course.notes_per_second(), 0) + " notes/s, " +
      fixed(course.tokens_per_second(), 0) + " tokens/s; first note after " +
      fixed(course.first_note * 1e3, 1) + " ms");
  if (generator.endings_tried() > 0)
    say("ending: " + fixed(100 / (1 + std::exp(-generator.end_odds())), 0) + " % likely, after " +
        std::to_string(generator.endings_tried()) +
        (generator.endings_tried() == 1 ? " try, " : " tries, ") + fixed(course.ending, 2) +
        " s of that");
  if (generator.dropped_notes() > 0)
    say("dropped: " + grouped(static_cast<long long>(generator.dropped_notes())) +
        " notes that had no place any more when they were complete");
  for (const std::string& path : {options.renderings.wav, options.renderings.svg})
    if (!path.empty()) say("wrote " + path);
  note_losses(generator.losses());
}

/// Who writes, and who plays what was written.
struct Setup {
  std::shared_ptr<const Engine> engine;
  Rendition rendition;
};

Result<Setup> open_setup(const Options& options) {
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  auto rendition = Rendition::open(options.playing, **engine);
  if (!rendition) return tl::unexpected(rendition.error());
  return Setup{*std::move(engine), *std::move(rendition)};
}

/// What a stream has written, played and signed.
Result<Score> finished(const Setup& setup, const Generator& stream, std::uint64_t seed) {
  Score score = stream.score();
  const auto& prompt = stream.prompt();
  if (auto played = setup.rendition.play(score, prompt ? prompt->score : Score{},
                                         prompt ? prompt->end : Tick{0}, seed);
      !played)
    return tl::unexpected(played.error());
  sign(score, *setup.engine, seed);
  return score;
}

Result<void> write_takes(const Options& options, const Setup& setup, const Takes& takes,
                         double seconds) {
  std::size_t notes = 0;
  Json outputs = Json::array();
  for (int take = 1; take <= options.takes; ++take) {
    const Generator& stream = takes.streams()[static_cast<std::size_t>(take - 1)];
    const std::uint64_t seed = options.request.seed + static_cast<std::uint64_t>(take - 1);
    const auto score = finished(setup, stream, seed);
    if (!score) return tl::unexpected(score.error());
    const auto [path, renderings] = outputs_of(options, take);
    if (auto done = write_midi_file(*score, path); !done) return done;
    if (auto done = write_renderings(*score, renderings); !done) return done;
    notes += stream.notes();
    outputs.push_back({{"output", path}, {"seed", seed}, {"new_notes", stream.notes()}});
    if (!options.json)
      say(path + ": seed " + std::to_string(seed) + ", " +
          grouped(static_cast<long long>(stream.notes())) + " new notes");
  }
  const double rate = static_cast<double>(notes) / seconds;
  if (options.json)
    say_json({{"takes", outputs},
              {"model", setup.engine->weights().hash()},
              {"new_notes", notes},
              {"generation_seconds", seconds},
              {"notes_per_second", rate}});
  else
    say("speed: " + grouped(static_cast<long long>(notes)) + " new notes in " + fixed(seconds, 2) +
        " s, " + fixed(rate, 0) + " notes/s over all takes");
  return {};
}

Result<void> write_together(const Options& options, const Setup& setup) {
  const auto start = std::chrono::steady_clock::now();
  auto takes = Takes::create(setup.engine, options.request, options.takes, options.model.threads);
  if (!takes) return tl::unexpected(takes.error());
  note_meter(options, takes->streams().front());
  const auto bars = static_cast<double>(options.request.bars * options.takes);
  for (std::size_t passes = 0; takes->advance(); ++passes) {
    if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted; nothing was written");
    if (options.json || passes % 256 != 255) continue;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const double share = std::min(1.0, takes->bars() / bars);
    show_progress(std::to_string(options.takes) + " takes: " + fixed(100 * share, 0) + " %, " +
                  fixed(elapsed.count() / std::max(share, 0.01) * (1 - share), 1) + " s left");
  }
  end_progress();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return write_takes(options, setup, *takes, passed.count());
}

Result<void> act(Options& options) {
  if (auto ok = prepare(options); !ok) return ok;
  const auto setup = open_setup(options);
  if (!setup) return tl::unexpected(setup.error());
  const auto& engine = setup->engine;
  options.request.endings =
      options.endings.value_or(usual_endings(*engine, options.request, !options.prompt.empty()));
  install_stop_handler();
  if (options.takes > 1) return write_together(options, *setup);
  const auto start = std::chrono::steady_clock::now();
  auto generator = Generator::create(
      engine, options.request, {.threads = options.model.threads, .drafts = !options.no_drafts});
  if (!generator) return tl::unexpected(generator.error());
  note_meter(options, *generator);
  auto course = run(*generator, options, start);
  if (!course) return tl::unexpected(course.error());
  const auto score = finished(*setup, *generator, options.request.seed);
  if (!score) return tl::unexpected(score.error());
  if (auto done = write_midi_file(*score, options.output); !done) return done;
  if (auto done = write_renderings(*score, options.renderings); !done) return done;
  report(options, *engine, *generator, *score, *course);
  return {};
}

void add_wishes(CLI::App& command, Options& options) {
  Request& request = options.request;
  CLI::Option* prompt = command.add_option("-p,--prompt", options.prompt, "MIDI file to continue");
  command.add_option("--prompt-bars", request.prompt_bars, "bars of the prompt to keep")
      ->check(CLI::Range(1, 100'000))
      ->needs(prompt)
      ->capture_default_str();
  command.add_option("-n,--bars", request.bars, "new bars to write")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_option("--max-notes", request.max_notes, "maximum number of new notes")
      ->check(not_negative());
  command
      .add_option("--max-seconds", request.max_seconds,
                  "maximum length of the new music in seconds")
      ->check(not_negative());
  command.add_option_function<std::string>(
      "--instruments",
      [&request](const std::string& text) {
        request.programs = parsed(parse_instruments, "--instruments", text);
      },
      "instruments to write for, such as piano,bass,drums");
  add_presence_option(command, request.presence);
  command
      .add_option("--endings", options.endings,
                  "candidate endings to sample; the most likely one is kept; 0: none (default: 32; "
                  "with a prompt 0)")
      ->check(CLI::Range(0, 1'000));
  command.add_option("--tempo", request.bpm, "tempo in quarter notes a minute")
      ->check(CLI::Range(24.0, 240.0));
  command.add_option_function<std::string>(
      "--time-signature",
      [&request](const std::string& text) {
        request.meter = parsed(meter_from_text, "--time-signature", text);
      },
      "time signature, such as 3/4");
  command.add_flag("--meter-changes", request.allow_meter_changes, "allow meter changes");
  command.add_flag("--tempo-changes", request.allow_tempo_changes, "allow tempo changes");
}

void add_sampling(CLI::App& command, Request& request) {
  SamplerOptions& sampler = request.sampler;
  sampler.top_p = kUsualTopP;
  command.add_option("-s,--seed", request.seed, "random seed; the same seed gives the same music")
      ->check(not_negative())
      ->capture_default_str();
  add_sampler_options(command, sampler);
  command
      .add_option("--repeat-penalty", sampler.repeat_penalty, "penalty for repeated tokens; 0: off")
      ->capture_default_str();
  command
      .add_option("--repeat-allowed", sampler.repeat_allowed, "repeated tokens without a penalty")
      ->capture_default_str();
}

}  // namespace

void add_generate(Cli& cli) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      cli.app, cli, "generate", "Compose new music, or continue a MIDI file",
      "  sage-music generate --bars 32 --seed 7 -o piece.mid --wav piece.wav --svg piece.svg\n"
      "  sage-music generate --instruments piano,bass,drums --tempo 120 --time-signature 4/4 -o "
      "trio.mid\n"
      "  sage-music generate --prompt song.mid --prompt-bars 4 --bars 16 -o continued.mid\n"
      "  sage-music generate --prompt song.mid --takes 4 -o take.mid      # take-1.mid to "
      "take-4.mid",
      [options] { return act(*options); });
  add_model_options(*command, options->model);
  add_wishes(*command, *options);
  add_wish_options(*command, options->wishes);
  add_sampling(*command, options->request);
  check_usage(*command, [options] { return check(*options); });
  command
      ->add_option("--takes", options->takes,
                   "number of pieces, with consecutive seeds; files are numbered")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_flag("--no-drafts", options->no_drafts,
                    "disable speculative decoding; the music is the same");
  add_playing_options(*command, options->playing);
  command->add_option("-o,--output", options->output, "MIDI file to write")->required();
  add_rendering_options(*command, options->renderings);
  command->add_flag("--json", options->json, "print a report as JSON");
}

}  // namespace sage::cli
