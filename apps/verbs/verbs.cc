// sage-music fill, vary, accompany, harmonize, reharmonize, arrange, loop, end: one command a verb
// of the library's registry, all with the same options.
#include "verbs/verb.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/music_file.h"
#include "apps/shared/music_options.h"
#include "apps/shared/part_report.h"
#include "apps/shared/process.h"
#include "apps/shared/provenance.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/sampler_options.h"
#include "apps/shared/wish_options.h"
#include "generate/request_json.h"
#include "midi/parts.h"
#include "score/program_names.h"

namespace sage::cli {
namespace {

struct VerbsOptions {
  const Verb* verb = nullptr;
  std::string input, output;
  VerbRequest request;
  std::vector<std::string> parts;
  std::vector<std::string> holes;  // "5-8:piano,bass"
  WishOptions wishes;
  ModelChoice model;
  RenderOutputs renderings;
  bool no_provenance = false;
  bool json = false;
};

/// Parts of the file, else instruments that it lacks; new instruments alone where the verb adds.
Result<void> find_parts(VerbsOptions& options, const midi::Document& document) {
  VerbRequest& request = options.request;
  const std::string_view verb = options.verb->name;
  if (verb == "accompany" || verb == "harmonize" || verb == "arrange") {
    for (const std::string& word : options.parts) {
      const auto programs = parse_instruments(word);
      if (!programs) return tl::unexpected(programs.error());
      request.instruments.push_back(programs->front());
    }
    return {};
  }
  auto parts = midi::parts_named(document.music(), options.parts);
  if (!parts) return tl::unexpected(parts.error());
  request.parts = *std::move(parts);
  for (const std::string& hole : options.holes) {
    const std::size_t colon = hole.find(':');
    auto bars = bars_from_text(hole.substr(0, colon));
    if (!bars) return tl::unexpected(bars.error());
    Rectangle rectangle{bars->first, bars->second, {}};
    if (colon != std::string::npos) {
      const auto words = parse_list(hole.substr(colon + 1));
      if (!words) return tl::unexpected(words.error());
      auto named = midi::parts_named(document.music(), *words);
      if (!named) return tl::unexpected(named.error());
      rectangle.parts = *std::move(named);
    }
    request.rectangles.push_back(std::move(rectangle));
  }
  return {};
}

std::vector<int> programs_written(const VerbsOptions& options, const midi::Document& document) {
  std::vector<int> programs = options.request.instruments;
  const auto& tracks = document.music().score.tracks;
  for (const std::size_t part : options.request.parts)
    programs.push_back(tracks[part].program_or_drum());
  if (options.parts.empty())
    for (const Track& track : tracks) programs.push_back(track.program_or_drum());
  std::sort(programs.begin(), programs.end());
  programs.erase(std::unique(programs.begin(), programs.end()), programs.end());
  return programs;
}

void report(const VerbsOptions& options, const Engine& engine, const VerbOutcome& outcome,
            double seconds) {
  const std::string action = options.verb->name == "end" ? "continued" : "replaced";
  if (options.json) {
    Json json = {{"output", options.output},     {"verb", options.verb->name},
                 {"seed", options.request.seed}, {"model", engine.weights().hash()},
                 {"new_notes", outcome.notes},   {"parts", parts_json(outcome.parts, action)},
                 {"chords", outcome.chords},     {"generation_seconds", seconds}};
    if (outcome.similarity) json["similarity"] = *outcome.similarity;
    say_json(json);
  } else {
    say(options.output + ": " + grouped(static_cast<long long>(outcome.notes)) + " new notes, " +
        fixed(seconds, 2) + " s");
    if (!outcome.chords.empty()) say("chords: " + outcome.chords);
    if (outcome.similarity) say("similarity: " + fixed(100 * *outcome.similarity, 0) + " %");
    say_parts(outcome.parts, action);
  }
  say_silent(silent_titles(outcome.parts), options.output);
}

Result<void> check(const VerbsOptions& options) {
  if (options.json && options.output == "-")
    return fail(ErrorCode::kInvalidArgument, "--json and -o - both need standard output");
  if (auto ok = validate(options.request.sampler); !ok) return ok;
  const RenderOutputs& renderings = options.renderings;
  return check_apart(
      {options.input, options.model.model, renderings.sound_font, options.wishes.file},
      {options.output, renderings.wav, renderings.svg});
}

Result<void> act(VerbsOptions& options) {
  auto document = read_editable(options.input);
  if (!document) return tl::unexpected(document.error());
  if (auto ok = find_parts(options, *document); !ok) return ok;
  auto wishes = wishes_of(options.wishes, programs_written(options, *document));
  if (!wishes) return tl::unexpected(wishes.error());
  options.request.wishes = *std::move(wishes);
  if (auto ok = check_output(options.output); !ok) return ok;
  if (auto ok = check_renderings(options.renderings); !ok) return ok;
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  VerbRequest& request = options.request;
  request.threads = options.model.threads;
  if (!options.no_provenance)
    request.signature = provenance(**engine, options.verb->name, request.seed, request.wishes);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  auto outcome = [&] {
    const EndsAtOnce while_writing;
    return options.verb->run(*engine, *document, request, [&](int done, int all) {
      if (done > 0 && !options.json)
        show_progress("bar " + std::to_string(done) + " of " + std::to_string(all));
      return true;
    });
  }();
  end_progress();
  if (!outcome) return tl::unexpected(outcome.error());
  if (auto ok = write_output(options.output, outcome->bytes); !ok) return ok;
  if (auto ok = write_renderings(outcome->bytes, options.renderings); !ok) return ok;
  report(options, **engine, *outcome, elapsed());
  return {};
}

void add_verb(Cli& cli, const Verb& verb) {
  auto options = std::make_shared<VerbsOptions>();
  options->verb = &verb;
  VerbRequest& request = options->request;
  CLI::App* command =
      add_command(cli.app, cli, std::string(verb.name), std::string(verb.summary),
                  "  sage-music " + std::string(verb.example), [options] { return act(*options); });
  command->add_option("input", options->input, "MIDI file; - is standard input")->required();
  command->add_option_function<std::string>(
      "--bars",
      [&request](const std::string& text) {
        std::tie(request.first_bar, request.bars) = parsed(bars_from_text, "--bars", text);
      },
      verb.name == "end" ? "bars of the ending, from 1, such as 33-36 (default: 4 after the last)"
                         : "bars to write, from 1, such as 5-8 or 5- (default: all)");
  const bool adds = verb.name == "accompany" || verb.name == "harmonize" || verb.name == "arrange";
  command->add_option_function<std::string>(
      "--parts",
      [options](const std::string& text) { options->parts = parsed(parse_list, "--parts", text); },
      adds ? "instruments to write, such as piano,bass,drums"
           : "parts to write, by number (see inspect), name or instrument");
  if (verb.name == "fill")
    command->add_option("--hole", options->holes,
                        "bars and parts to write, such as 5-8:piano,bass; may be repeated");
  if (verb.name == "vary")
    command
        ->add_option("--similarity", request.similarity,
                     "how much of the notes stays (F1 of onsets and pitches), 0 to 1")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
  add_wish_options(*command, options->wishes);
  command
      ->add_option("--takes", request.takes,
                   "versions to write; the one that fits the kept notes best is used")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  add_model_options(*command, options->model);
  add_sampler_options(*command, request.sampler);
  command->add_option("-s,--seed", request.seed, "random seed; the same seed gives the same music")
      ->check(not_negative())
      ->capture_default_str();
  check_usage(*command, [options] { return check(*options); });
  command->add_option("-o,--output", options->output, "MIDI file to write; - is standard output")
      ->required();
  add_provenance_option(*command, options->no_provenance);
  add_rendering_options(*command, options->renderings);
  command->add_flag("--json", options->json, "print a report as JSON");
}

}  // namespace

void add_verbs(Cli& cli) {
  for (const Verb* verb : verb_registry()) add_verb(cli, *verb);
}

}  // namespace sage::cli
