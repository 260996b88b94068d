// sage-music infill: parts of a MIDI file written again, or instruments added to it.
#include "generate/infill.h"

#include <chrono>
#include <map>
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
#include "generate/request_json.h"
#include "midi/reader.h"
#include "midi/writer.h"

namespace sage::cli {
namespace {

struct Options {
  ModelChoice model;
  InfillRequest request;
  WishOptions wishes;
  std::string input, output;
  PlayingChoice playing;
  RenderOutputs renderings;
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

Result<void> check(const Options& options) {
  if (auto ok = validate(options.request.sampler); !ok) return ok;
  const RenderOutputs& renderings = options.renderings;
  return check_apart(
      {options.input, options.model.model, renderings.sound_font, options.wishes.file},
      {options.output, renderings.wav, renderings.svg});
}

Result<void> act(Options& options) {
  auto read = read_midi_file(options.input);
  if (!read) return tl::unexpected(read.error());
  options.request.piece = std::move(read->score);
  std::vector<int> programs = options.request.programs;
  if (programs.empty())
    for (const Track& track : options.request.piece.tracks)
      programs.push_back(track.program_or_drum());
  auto wishes = wishes_of(options.wishes, programs);
  if (!wishes) return tl::unexpected(wishes.error());
  options.request.wishes = *std::move(wishes);
  if (auto ok = check_writable(options.output); !ok) return ok;
  if (auto ok = check_renderings(options.renderings); !ok) return ok;
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  auto rendition = Rendition::open(options.playing, **engine);
  if (!rendition) return tl::unexpected(rendition.error());
  if (options.request.way == InfillWay::kFill && !knows_holes(**engine))
    note("this model was not trained to fill holes, and will fill them badly (train --infill)");
  install_stop_handler();
  options.request.threads = options.model.threads;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  auto done = infill(*engine, options.request, [&](int bars, int all) {
    if (bars > 0 && !options.json)
      show_progress("bar " + std::to_string(bars) + " of " + std::to_string(all) + ", " +
                    time_left(elapsed() / bars * (all - bars)));
    return !stop_requested();
  });
  end_progress();
  if (!done) return tl::unexpected(done.error());
  if (auto ok = rendition->play(done->score, options.request.piece, Tick{0}, options.request.seed);
      !ok)
    return ok;
  const double seconds = elapsed();
  sign(done->score, **engine, options.request.seed);
  if (auto ok = write_midi_file(done->score, options.output); !ok) return ok;
  if (auto ok = write_renderings(done->score, options.renderings); !ok) return ok;
  if (options.json) {
    say_json({{"output", options.output},
              {"seed", options.request.seed},
              {"model", (*engine)->weights().hash()},
              {"new_notes", done->notes},
              {"stretches", done->stretches},
              {"wishes_lost", to_json(done->losses)},
              {"generation_seconds", seconds},
              {"notes_per_second", static_cast<double>(done->notes) / seconds}});
    return {};
  }
  say(options.output + ": " + grouped(static_cast<long long>(done->notes)) + " new notes in " +
      fixed(seconds, 2) + " s");
  note_losses(done->losses);
  return {};
}

}  // namespace

void add_infill(Cli& cli) {
  auto options = std::make_shared<Options>();
  InfillRequest& request = options->request;
  CLI::App* command = add_command(
      cli.app, cli, "infill", "Rewrite bars or parts of a MIDI file, or add instruments",
      "  sage-music infill song.mid --bars 5-8 -o new.mid\n"
      "  sage-music infill song.mid --instruments drums,bass -o accompanied.mid\n"
      "  sage-music infill song.mid --bars 9- --instruments piano -o variation.mid",
      [options] { return act(*options); });
  command->add_option("input", options->input, "MIDI file")->required();
  command->add_option_function<std::string>(
      "--bars",
      [&request](const std::string& text) {
        std::tie(request.first_bar, request.bars) = parsed(bars_from_text, "--bars", text);
      },
      "bars to rewrite, from 1, such as 5-8 or 5- (default: all)");
  command->add_option_function<std::string>(
      "--instruments",
      [&request](const std::string& text) {
        request.programs = parsed(parse_instruments, "--instruments", text);
      },
      "instruments to write, such as bass,drums (default: all in the file)");
  static const std::map<std::string, InfillWay> kWays = {{"in-place", InfillWay::kInPlace},
                                                         {"fill", InfillWay::kFill}};
  command
      ->add_option(
          "--way", request.way,
          "how to write: in-place (left to right among the kept notes) or fill (FILL tokens, "
          "for comparison) (default: in-place)")
      ->transform(CLI::CheckedTransformer(kWays).description(""))
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
  command->add_option("--performer", options->playing.performer,
                      "who gives new notes their loudness: a model file, rules or none (default: "
                      "the bundled performer, else rules)");
  check_usage(*command, [options] { return check(*options); });
  command->add_option("-s,--seed", request.seed, "random seed; the same seed gives the same music")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "MIDI file to write")->required();
  add_rendering_options(*command, options->renderings);
  command->add_flag("--json", options->json, "print a report as JSON");
}

}  // namespace sage::cli
