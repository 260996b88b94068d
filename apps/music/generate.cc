// sage-music generate: new music from nothing, from an ensemble, or from the first bars of a MIDI
// file.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "apps/music/form.h"
#include "apps/music/generate_options.h"
#include "apps/music/generate_setup.h"
#include "apps/shared/cli.h"
#include "apps/shared/music_file.h"
#include "apps/shared/part_report.h"
#include "apps/shared/process.h"
#include "apps/shared/render_outputs.h"
#include "base/random.h"
#include "generate/generator.h"
#include "generate/limits.h"
#include "generate/takes.h"
#include "midi/reader.h"
#include "score/meter_text.h"
#include "score/program_names.h"
#include "score/timeline.h"

namespace sage::cli {
namespace {

/// Says where the new bars cannot have the prompt's meter.
void note_meter(const GenerateOptions& options, const Generator& generator) {
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

Result<Course> run(Generator& generator, const GenerateOptions& options,
                   std::chrono::steady_clock::time_point start) {
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Course course;
  // The generator itself begins the bar behind a prompt.
  if (!options.prompt.empty()) course.bars = 1;
  for (;;) {
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

Result<void> report(const GenerateOptions& options, const Engine& engine,
                    const Generator& generator, const Written& written, const Course& course) {
  const auto read = read_midi(written.bytes);
  if (!read) return tl::unexpected(read.error());
  const Score& score = read->score;
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
              {"parts", parts_json(written.parts, "continued")},
              {"silent", written.silent},
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
              {"wishes_lost", cli::to_json(generator.losses())}});
    say_silent(written.silent, options.output);
    return {};
  }
  say(options.output + ": " + grouped(static_cast<long long>(note_count(score))) + " notes in " +
      std::to_string(score.tracks.size()) + " tracks, " + fixed(seconds, 1) + " s of music");
  say(instruments_line(score));
  if (!options.prompt.empty()) say_parts(written.parts, "continued");
  say("speed: " + grouped(static_cast<long long>(generator.notes())) + " new notes in " +
      fixed(course.total - course.ending, 2) + " s, " + fixed(course.notes_per_second(), 0) +
      " notes/s, " + fixed(course.tokens_per_second(), 0) + " tokens/s; first note after " +
      fixed(course.first_note * 1e3, 1) + " ms");
  if (generator.endings_tried() > 0)
    say("ending: " + fixed(100 / (1 + std::exp(-generator.end_odds())), 0) + " % likely, after " +
        std::to_string(generator.endings_tried()) +
        (generator.endings_tried() == 1 ? " try, " : " tries, ") + fixed(course.ending, 2) +
        " s more");
  if (generator.dropped_notes() > 0)
    say("dropped: " + grouped(static_cast<long long>(generator.dropped_notes())) +
        " notes that had no place any more when they were complete");
  for (const std::string& path : {options.renderings.wav, options.renderings.svg})
    if (!path.empty()) say("wrote " + path);
  note_losses(generator.losses());
  say_silent(written.silent, options.output);
  return {};
}

Result<void> write_takes(const GenerateOptions& options, const Setup& setup, const Takes& takes,
                         double seconds) {
  std::size_t notes = 0;
  Json outputs = Json::array();
  for (int take = 1; take <= options.takes; ++take) {
    const Generator& stream = takes.streams()[static_cast<std::size_t>(take - 1)];
    const std::uint64_t seed = options.request.seed + static_cast<std::uint64_t>(take - 1);
    const auto written = written_by(options, setup, stream.new_bars(), seed);
    if (!written) return tl::unexpected(written.error());
    const auto [path, renderings] = outputs_of(options, take);
    if (auto done = write_output(path, written->bytes); !done) return done;
    if (auto done = write_renderings(written->bytes, renderings); !done) return done;
    notes += stream.notes();
    outputs.push_back({{"output", path},
                       {"seed", seed},
                       {"new_notes", stream.notes()},
                       {"silent", written->silent}});
    if (!options.json)
      say(path + ": seed " + std::to_string(seed) + ", " +
          grouped(static_cast<long long>(stream.notes())) + " new notes");
    say_silent(written->silent, path);
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

Result<void> write_together(const GenerateOptions& options, const Setup& setup) {
  std::optional<EndsAtOnce> while_writing(std::in_place);
  const auto start = std::chrono::steady_clock::now();
  auto takes = Takes::create(setup.engine, options.request, options.takes, options.model.threads);
  if (!takes) return tl::unexpected(takes.error());
  note_meter(options, takes->streams().front());
  const auto bars = static_cast<double>(options.request.bars * options.takes);
  for (std::size_t passes = 0; takes->advance(); ++passes) {
    if (options.json || passes % 256 != 255) continue;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const double share = std::min(1.0, takes->bars() / bars);
    show_progress(std::to_string(options.takes) + " takes: " + fixed(100 * share, 0) + " %, " +
                  fixed(elapsed.count() / std::max(share, 0.01) * (1 - share), 1) + " s left");
  }
  end_progress();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  while_writing.reset();
  return write_takes(options, setup, *takes, passed.count());
}

/// One attempt at a piece.
struct Attempt {
  Generator generator;
  Course course;
  Written written;
};

Result<Attempt> attempt(const GenerateOptions& options, const Setup& setup,
                        const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  auto generator = Generator::create(
      setup.engine, request, {.threads = options.model.threads, .drafts = !options.no_drafts});
  if (!generator) return tl::unexpected(generator.error());
  auto course = run(*generator, options, start);
  if (!course) return tl::unexpected(course.error());
  auto written = written_by(options, setup, generator->new_bars(), options.request.seed);
  if (!written) return tl::unexpected(written.error());
  return Attempt{*std::move(generator), *course, *std::move(written)};
}

/// Where an instrument that was asked for stays silent, the piece is written again with other
/// random numbers, so often at most.
constexpr int kAttempts = 3;

Result<Attempt> best_attempt(const GenerateOptions& options, const Setup& setup) {
  const EndsAtOnce while_writing;
  Request request = options.request;
  std::optional<Attempt> best;
  for (int i = 0; i < kAttempts; ++i) {
    auto next = attempt(options, setup, request);
    if (!next) return next;
    if (!best) note_meter(options, next->generator);
    if (!best || next->written.silent.size() < best->written.silent.size())
      best.emplace(*std::move(next));
    if (best->written.silent.empty()) break;
    request.seed = Random(request.seed).next();
  }
  return *std::move(best);
}

Result<void> act(GenerateOptions& options) {
  const auto setup = open_setup(options);
  if (!setup) return tl::unexpected(setup.error());
  if (!options.form.empty()) return write_form(options, *setup);
  options.request.endings = options.endings.value_or(
      usual_endings(*setup->engine, options.request, setup->song.has_value()));
  if (options.takes > 1) return write_together(options, *setup);
  auto done = best_attempt(options, *setup);
  if (!done) return tl::unexpected(done.error());
  const Written& written = done->written;
  if (auto ok = write_output(options.output, written.bytes); !ok) return ok;
  if (auto ok = write_renderings(written.bytes, options.renderings); !ok) return ok;
  return report(options, *setup->engine, done->generator, written, done->course);
}

}  // namespace

void add_generate(Cli& cli) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = add_command(
      cli.app, cli, "generate", "Compose new music, or continue a MIDI file",
      "  sage-music generate --bars 32 --seed 7 -o piece.mid --wav piece.wav --svg piece.svg\n"
      "  sage-music generate --instruments piano,bass,drums --tempo 120 --time-signature 4/4 -o "
      "trio.mid\n"
      "  sage-music generate --prompt song.mid --prompt-bars 4 --bars 16 -o continued.mid\n"
      "  sage-music generate --prompt song.mid --prompt-bars all --only-new -o coda.mid\n"
      "  sage-music generate --prompt song.mid --takes 4 -o take.mid      # take-1.mid to "
      "take-4.mid",
      [options] { return act(*options); });
  add_generate_options(*command, options);
}

}  // namespace sage::cli
