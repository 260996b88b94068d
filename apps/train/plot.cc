// sage-music train plot: how runs went, as numbers and as a picture.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "apps/train/running.h"
#include "base/file.h"
#include "train/run_curves.h"

namespace sage::cli {
namespace {

struct TrainPlotOptions {
  std::vector<std::string> runs;
  std::string output;
  CurveAxis axis = CurveAxis::kTokens;
};

void describe(const RunCurves& run) {
  std::string line = run.name + ":";
  if (!run.training.empty()) {
    const CurvePoint& last = run.training.back();
    line += " step " + grouped(last.step) + ", " + fixed(last.tokens * 1e-6, 2) + " M tokens, " +
            fixed(last.minutes, 1) + " minutes, training " + fixed(last.nats, 4) + " nats a token";
  }
  if (!run.validation.empty()) {
    // A value that is not a number (the run diverged) sorts last.
    const auto best = std::min_element(
        run.nats_per_note.begin(), run.nats_per_note.end(),
        [](double a, double b) { return a < b || (std::isfinite(a) && !std::isfinite(b)); });
    const auto at = static_cast<std::size_t>(best - run.nats_per_note.begin());
    line += ", validation " + fixed(run.nats_per_note.back(), 4) + " nats a note (best " +
            fixed(*best, 4) + " at step " + grouped(run.validation[at].step) + ")";
  }
  say(line);
}

Result<void> act(const TrainPlotOptions& options) {
  std::vector<RunCurves> runs;
  for (const std::string& folder : options.runs) {
    auto run = read_curves(folder);
    if (!run) return tl::unexpected(run.error());
    describe(*run);
    runs.push_back(*std::move(run));
  }
  if (options.output.empty()) return {};
  if (auto ok = write_text(options.output, curves_svg(runs, options.axis)); !ok) return ok;
  say("wrote " + options.output);
  return {};
}

}  // namespace

void add_train_plot(CLI::App& train, Cli& cli) {
  static const std::map<std::string, CurveAxis> kAxes = {{"steps", CurveAxis::kSteps},
                                                         {"tokens", CurveAxis::kTokens},
                                                         {"minutes", CurveAxis::kMinutes}};
  auto options = std::make_shared<TrainPlotOptions>();
  CLI::App* command = add_command(train, cli, "plot", "Plot the losses of training runs",
                                  "  sage-music train plot runs/mine -o loss.svg\n"
                                  "  sage-music train plot runs/a runs/b --x minutes -o both.svg",
                                  [options] { return act(*options); });
  command->add_option("runs", options->runs, "folders of runs")->required();
  command->add_option("-o,--output", options->output, "SVG file to draw");
  command->add_option("--x", options->axis, "steps, tokens or minutes (default: tokens)")
      ->transform(one_of(kAxes))
      ->option_text("steps|tokens|minutes");
}

}  // namespace sage::cli
