#include "apps/music/generate_options.h"

#include <filesystem>
#include <utility>

#include "apps/shared/files.h"
#include "apps/shared/music_file.h"
#include "apps/shared/music_options.h"
#include "apps/shared/provenance.h"
#include "apps/shared/sampler_options.h"
#include "score/meter_text.h"

namespace sage::cli {
namespace {

constexpr int kAllBars = 100'000;

/// A file's name with the number of a take: piece.mid as piece-2.mid.
std::string numbered(const std::string& path, int take) {
  if (path.empty() || path == "-") return path;
  const std::filesystem::path whole(path);
  return (whole.parent_path() / whole.stem()).string() + "-" + std::to_string(take) +
         whole.extension().string();
}

RenderOutputs numbered(const RenderOutputs& renderings, int take) {
  return {numbered(renderings.wav, take), numbered(renderings.svg, take), renderings.sound_font};
}

Result<void> check(const GenerateOptions& options) {
  if (!options.form.empty())
    if (auto plan = parse_form(options.form, options.section_bars); !plan)
      return tl::unexpected(plan.error());
  if (auto ok = validate(options.request.sampler); !ok) return ok;
  if (options.output == "-" && (options.json || options.takes > 1))
    return fail(ErrorCode::kInvalidArgument,
                "-o - writes one piece to standard output, without --takes and --json");
  if (auto ok = check_midi_name(options.output); !ok) return ok;
  if (auto ok = check_names(options.renderings); !ok) return ok;
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

/// "all", or how many.
Result<int> parse_prompt_bars(const std::string& text) {
  if (text == "all") return kAllBars;
  int bars = 0;
  if (!CLI::detail::lexical_cast(text, bars) || bars < 1 || bars > kAllBars)
    return fail(ErrorCode::kInvalidArgument,
                "'" + text + "' is no number of bars from 1 to 100000, nor 'all'");
  return bars;
}

void add_wishes(CLI::App& command, GenerateOptions& options) {
  Request& request = options.request;
  CLI::Option* prompt = command.add_option("-p,--prompt", options.prompt,
                                           "MIDI file to continue; - is standard input");
  command
      .add_option_function<std::string>(
          "--prompt-bars",
          [&request](const std::string& text) {
            request.prompt_bars = parsed(parse_prompt_bars, "--prompt-bars", text);
          },
          "bars of the prompt to keep, or all (default: 4)")
      ->needs(prompt);
  command
      .add_option_function<std::string>(
          "--parts",
          [&options](const std::string& text) {
            options.parts = parsed(parse_list, "--parts", text);
          },
          "parts of the prompt that go on, by number (see inspect), name or instrument (default: "
          "all)")
      ->needs(prompt);
  command.add_flag("--only-new", options.only_new, "write the new bars alone, without the prompt")
      ->needs(prompt);
  CLI::Option* bars = command.add_option("-n,--bars", request.bars, "new bars to write")
                          ->check(CLI::Range(1, 100'000))
                          ->capture_default_str();
  CLI::Option* notes =
      command
          .add_option("--max-notes", request.max_notes, "maximum number of new notes; 0: no limit")
          ->check(not_negative());
  CLI::Option* seconds = command
                             .add_option("--max-seconds", request.max_seconds,
                                         "no note begins later in the new music; 0: no limit")
                             ->check(not_negative());
  command.add_option_function<std::string>(
      "--instruments",
      [&request, &options](const std::string& text) {
        request.programs = parsed(parse_instruments, "--instruments", text);
        options.instruments = parsed(parse_instrument_words, "--instruments", text);
      },
      "instruments to write for, such as piano,bass,drums; with a prompt, its own where it has "
      "them");
  add_presence_option(command, request.presence);
  CLI::Option* endings =
      command
          .add_option(
              "--endings", options.endings,
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
  CLI::Option* meters =
      command.add_flag("--meter-changes", request.allow_meter_changes, "allow meter changes");
  CLI::Option* tempos =
      command.add_flag("--tempo-changes", request.allow_tempo_changes, "allow tempo changes");
  CLI::Option* form = command.add_option(
      "--form", options.form,
      "sections that come back, such as \"A A' B A\" or \"intro4 verse chorus verse chorus\": an "
      "apostrophe varies one, a number gives its bars; a prompt is the beginning");
  for (CLI::Option* other : {bars, notes, seconds, endings, meters, tempos}) form->excludes(other);
  command.add_option("--section-bars", options.section_bars, "bars of a section without a number")
      ->check(CLI::Range(1, 64))
      ->capture_default_str()
      ->needs(form);
  command
      .add_option("--similarity", options.similarity,
                  "share of the bars of parts that a varied section keeps, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->needs(form);
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

Outputs outputs_of(const GenerateOptions& options, int take) {
  if (options.takes == 1) return {options.output, options.renderings};
  return {numbered(options.output, take), numbered(options.renderings, take)};
}

void add_generate_options(CLI::App& command, const std::shared_ptr<GenerateOptions>& options) {
  add_model_options(command, options->model);
  add_wishes(command, *options);
  add_wish_options(command, options->wishes);
  add_sampling(command, options->request);
  check_usage(command, [options] { return check(*options); });
  command
      .add_option("--takes", options->takes,
                  "number of pieces, with consecutive seeds; files are numbered")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command.add_flag("--no-drafts", options->no_drafts,
                   "disable speculative decoding; the music is the same");
  add_playing_options(command, options->playing);
  command.add_option("-o,--output", options->output, "MIDI file to write; - is standard output")
      ->required();
  add_provenance_option(command, options->no_provenance);
  add_rendering_options(command, options->renderings);
  command.add_flag("--json", options->json, "print a report as JSON");
}

}  // namespace sage::cli
