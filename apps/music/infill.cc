// sage-music infill: parts of a MIDI file written again, or instruments added to it.
#include "generate/infill.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/files.h"
#include "apps/shared/model_choice.h"
#include "apps/shared/music_file.h"
#include "apps/shared/music_options.h"
#include "apps/shared/part_report.h"
#include "apps/shared/playing_options.h"
#include "apps/shared/process.h"
#include "apps/shared/provenance.h"
#include "apps/shared/render_outputs.h"
#include "apps/shared/sampler_options.h"
#include "apps/shared/wish_options.h"
#include "generate/compose.h"
#include "generate/request_json.h"
#include "generate/rewriting.h"
#include "midi/parts.h"
#include "midi/reader.h"
#include "score/program_names.h"

namespace sage::cli {
namespace {

/// What is asked for, in a person's words.
struct Targets {
  std::vector<std::string> parts;        // --replace: parts that the file has
  std::vector<std::string> instruments;  // --instruments: those that it has, else new ones
  std::vector<int> added;                // --add: new ones
  bool bars = false;

  bool empty() const { return parts.empty() && instruments.empty() && added.empty() && !bars; }
};

struct InfillOptions {
  ModelChoice model;
  Targets targets;
  InfillRequest request;
  WishOptions wishes;
  std::string input, output;
  PlayingChoice playing;
  RenderOutputs renderings;
  bool no_provenance = false;
  bool json = false;
};

/// Whether the model has seen examples with holes; older model files do not say so.
bool knows_holes(const Engine& engine) {
  const auto& metadata = engine.weights().metadata();
  const auto at = metadata.find("sage.training");
  if (at == metadata.end()) return false;
  const auto training = Json::parse(at->second, nullptr, /*allow_exceptions=*/false);
  if (!training.is_object() || !training.contains("infill")) return false;
  const Json& share = training["infill"];
  return share.is_number() && share.get<double>() > 0;
}

Result<void> check(const InfillOptions& options) {
  if (options.targets.empty())
    return fail(ErrorCode::kInvalidArgument,
                "nothing to write: give --bars, --replace, --instruments or --add");
  if (options.json && options.output == "-")
    return fail(ErrorCode::kInvalidArgument, "--json and -o - both need standard output");
  if (auto ok = validate(options.request.sampler); !ok) return ok;
  const RenderOutputs& renderings = options.renderings;
  if (auto ok = check_midi_name(options.output); !ok) return ok;
  if (auto ok = check_names(renderings); !ok) return ok;
  return check_apart(
      {options.input, options.model.model, renderings.sound_font, options.wishes.file},
      {options.output, renderings.wav, renderings.svg});
}

/// Whom the wishes mean in this file.
Result<RewriteRequest> request_for(const InfillOptions& options, const midi::Document& document) {
  const Targets& targets = options.targets;
  RewriteRequest request;
  request.infill = options.request;
  request.added = targets.added;
  auto named = midi::parts_named(document.music(), targets.parts);
  if (!named) return tl::unexpected(named.error());
  auto chosen = midi::choose_instruments(document.music(), targets.instruments);
  if (!chosen) return tl::unexpected(chosen.error());
  request.replaced = *std::move(named);
  request.replaced.insert(request.replaced.end(), chosen->parts.begin(), chosen->parts.end());
  request.added.insert(request.added.end(), chosen->programs.begin(), chosen->programs.end());
  if (request.replaced.empty() && request.added.empty()) {
    request.named = false;
    request.replaced = parts_in_bars(document, options.request.first_bar, options.request.bars);
    if (request.replaced.empty())
      return fail(ErrorCode::kInvalidArgument, "the piece holds no notes");
  }
  std::sort(request.replaced.begin(), request.replaced.end());
  request.replaced.erase(std::unique(request.replaced.begin(), request.replaced.end()),
                         request.replaced.end());
  std::vector<int> programs = request.added;
  for (const std::size_t part : request.replaced)
    programs.push_back(document.music().score.tracks[part].program_or_drum());
  auto wished = wishes_of(options.wishes, programs);
  if (!wished) return tl::unexpected(wished.error());
  request.infill.wishes = *std::move(wished);
  return request;
}

/// Of a piece of `count` bars.
std::string bars_in_words(const InfillRequest& request, int count) {
  const std::string first = std::to_string(request.first_bar + 1);
  if (request.bars == 0)
    return request.first_bar == 0 ? "all bars" : "bars " + first + " to the end";
  const int last = std::min(request.first_bar + request.bars, count);
  if (last == request.first_bar + 1) return "bar " + first;
  return "bars " + first + " to " + std::to_string(last) +
         (last < request.first_bar + request.bars ? ", the last one" : "");
}

void report(const InfillOptions& options, const Engine& engine, const RewrittenFile& file, int bars,
            double seconds) {
  const auto silent = silent_titles(file.parts);
  if (options.json) {
    const InfillRequest& request = options.request;
    say_json({{"output", options.output},
              {"seed", request.seed},
              {"model", engine.weights().hash()},
              {"first_bar", request.first_bar + 1},
              {"last_bar", request.bars == 0 ? Json() : Json(request.first_bar + request.bars)},
              {"parts", parts_json(file.parts, "replaced")},
              {"silent", silent},
              {"attempts", file.attempts},
              {"new_notes", file.notes},
              {"stretches", file.stretches},
              {"wishes_lost", cli::to_json(file.losses)},
              {"generation_seconds", seconds},
              {"notes_per_second", static_cast<double>(file.notes) / seconds}});
  } else {
    say(options.output + ": " + grouped(static_cast<long long>(file.notes)) + " new notes in " +
        bars_in_words(options.request, bars) + ", " + fixed(seconds, 2) + " s");
    say_parts(file.parts, "replaced");
    note_losses(file.losses);
  }
  say_silent(silent, options.output);
}

Result<RewrittenFile> write(const InfillOptions& options,
                            const std::shared_ptr<const Engine>& engine,
                            const midi::Document& document, RewriteRequest& request) {
  const EndsAtOnce while_writing;
  request.infill.threads = options.model.threads;
  if (!options.no_provenance)
    request.signature = provenance(*engine, "infill", options.request.seed, request.infill.wishes);
  const auto start = std::chrono::steady_clock::now();
  auto done = rewrite_parts(engine, document, request, [&](int bars, int all) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (bars > 0 && !options.json)
      show_progress("bar " + std::to_string(bars) + " of " + std::to_string(all) + ", " +
                    time_left(elapsed.count() / bars * (all - bars)));
    return true;
  });
  end_progress();
  return done;
}

Result<void> act(InfillOptions& options) {
  auto document = read_editable(options.input);
  if (!document) return tl::unexpected(document.error());
  auto request = request_for(options, *document);
  if (!request) return tl::unexpected(request.error());
  if (auto ok = check_output(options.output); !ok) return ok;
  if (auto ok = check_renderings(options.renderings); !ok) return ok;
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  if (options.request.way == InfillWay::kFill && !knows_holes(**engine))
    note("this model was not trained to fill holes, and will fill them badly (train --infill)");
  auto rendition = Rendition::open(options.playing, **engine);
  if (!rendition) return tl::unexpected(rendition.error());
  request->play = [&](Score& score, const Score& kept, Tick from) {
    return rendition->play(score, kept, from, options.request.seed);
  };
  const auto start = std::chrono::steady_clock::now();
  auto file = write(options, *engine, *document, *request);
  if (!file) return tl::unexpected(file.error());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (auto ok = write_output(options.output, file->bytes); !ok) return ok;
  if (auto ok = write_renderings(file->bytes, options.renderings); !ok) return ok;
  const auto bars = bars_up_to(document->music().score, document->music().end);
  report(options, **engine, *file, bars ? static_cast<int>(bars->size()) : 0, seconds.count());
  return {};
}

}  // namespace

void add_infill(Cli& cli) {
  auto options = std::make_shared<InfillOptions>();
  InfillRequest& request = options->request;
  Targets& targets = options->targets;
  CLI::App* command = add_command(
      cli.app, cli, "infill", "Rewrite bars or parts of a MIDI file, or add instruments",
      "  sage-music infill song.mid --bars 5-8 -o new.mid\n"
      "  sage-music infill song.mid --add drums,bass -o accompanied.mid\n"
      "  sage-music infill song.mid --bars 9- --replace piano -o variation.mid\n"
      "  sage-music infill song.mid --replace \"2,Left hand\" -o variation.mid\n"
      "All other notes and events of the file stay as they are.",
      [options] { return act(*options); });
  command->add_option("input", options->input, "MIDI file; - is standard input")->required();
  command->add_option_function<std::string>(
      "--bars",
      [&request, &targets](const std::string& text) {
        std::tie(request.first_bar, request.bars) = parsed(bars_from_text, "--bars", text);
        targets.bars = true;
      },
      "bars to write, from 1, such as 5-8 or 5- (default: all)");
  command->add_option_function<std::string>(
      "--replace,--parts",
      [&targets](const std::string& text) {
        targets.parts = parsed(parse_list, "--replace", text);
      },
      "parts of the file to write again, by number (see inspect), name or instrument");
  command->add_option_function<std::string>(
      "--add",
      [&targets](const std::string& text) {
        targets.added = parsed(parse_instruments, "--add", text);
      },
      "instruments to add beside all that the file has");
  command->add_option_function<std::string>(
      "--instruments",
      [&targets](const std::string& text) {
        targets.instruments = parsed(parse_instrument_words, "--instruments", text);
      },
      "instruments to write: again where the file has them, added where not");
  static const std::map<std::string, InfillWay> kWays = {{"in-place", InfillWay::kInPlace},
                                                         {"fill", InfillWay::kFill}};
  command
      ->add_option(
          "--way", request.way,
          "how to write: in-place (left to right among the kept notes) or fill (FILL tokens, "
          "for comparison) (default: in-place)")
      ->transform(one_of(kWays))
      ->option_text("in-place|fill");
  command
      ->add_option("--takes", request.takes,
                   "in place: versions to write; the one that fits the kept notes best is used")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  request.sampler.top_p = kUsualTopP;
  add_model_options(*command, options->model);
  add_wish_options(*command, options->wishes);
  add_sampler_options(*command, request.sampler);
  add_performer_option(*command, options->playing.performer);
  check_usage(*command, [options] { return check(*options); });
  command->add_option("-s,--seed", request.seed, "random seed; the same seed gives the same music")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "MIDI file to write; - is standard output")
      ->required();
  add_provenance_option(*command, options->no_provenance);
  add_rendering_options(*command, options->renderings);
  command->add_flag("--json", options->json, "print a report as JSON");
}

}  // namespace sage::cli
