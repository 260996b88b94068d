// sage-music train scaling: predicts larger runs from runs of several sizes and budgets.
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>

#include "apps/train/running.h"
#include "nn/tensor_spec.h"
#include "nn/weights.h"
#include "train/run_curves.h"
#include "train/scaling.h"

namespace sage::cli {
namespace {

struct TrainScalingOptions {
  std::vector<std::string> runs;
  std::vector<std::string> targets;  // "PARAMETERS:TOKENS" or "PARAMETERS:TOKENS:LOSS"
};

/// "5.4e6:98e6:2.1"; without a third number the loss is 0.
std::optional<ScalingPoint> point_of(const std::string& text) {
  ScalingPoint point;
  double* const numbers[] = {&point.parameters, &point.tokens, &point.loss};
  std::istringstream in(text);
  std::size_t count = 0;
  for (std::string part; std::getline(in, part, ':'); ++count) {
    if (count == std::size(numbers)) return std::nullopt;
    std::size_t used = 0;
    try {
      *numbers[count] = std::stod(part, &used);
    } catch (const std::exception&) {
      return std::nullopt;
    }
    if (used != part.size() || !(*numbers[count] > 0) || !std::isfinite(*numbers[count]))
      return std::nullopt;
  }
  return count >= 2 ? std::optional(point) : std::nullopt;
}

CLI::Validator is_target() {
  return CLI::Validator(
      [](std::string& text) {
        return point_of(text) ? "" : "not PARAMETERS:TOKENS or PARAMETERS:TOKENS:LOSS: " + text;
      },
      "PARAMETERS:TOKENS[:LOSS]");
}

Result<ScalingPoint> point_of_run(const std::string& folder) {
  const auto curves = read_curves(folder);
  if (!curves) return tl::unexpected(curves.error());
  if (curves->validation.empty() || curves->validation.back().step == 0)
    return fail(ErrorCode::kInvalidArgument, folder + ": no validation after training");
  if (!(curves->validation.back().tokens > 0))
    return fail(
        ErrorCode::kInvalidArgument,
        folder + ": too short to count, its metrics do not say how many tokens it has seen");
  const auto weights = Weights::load(std::filesystem::path(folder) / "model.safetensors");
  if (!weights) return tl::unexpected(weights.error());
  return ScalingPoint{static_cast<double>(parameter_count((*weights)->config())),
                      curves->validation.back().tokens, curves->nats_per_note.back()};
}

std::string in_words(const ScalingPoint& point) {
  return fixed(point.parameters * 1e-6, 2) + " M parameters, " + fixed(point.tokens * 1e-6, 2) +
         " M tokens: ";
}

std::string percent(double share) { return fixed(100 * share, 1) + " %"; }

Result<void> act(const TrainScalingOptions& options) {
  std::vector<ScalingPoint> points;
  for (const std::string& run : options.runs) {
    const auto point = point_of_run(run);
    if (!point) return tl::unexpected(point.error());
    points.push_back(*point);
  }
  const auto law = fit_scaling(points);
  if (!law) return tl::unexpected(law.error());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double fitted = law->loss(points[i].parameters, points[i].tokens);
    say(options.runs[i] + ": " + in_words(points[i]) + fixed(points[i].loss, 3) +
        " nats a note, fitted " + fixed(fitted, 3));
  }
  std::string sizes;
  if (law->sizes > 0)
    sizes = " + (" + fixed(law->sizes * 1e-6, 3) + " M / parameters)^" + fixed(law->alpha, 2);
  say("nats a note = " + fixed(law->floor, 3) + sizes + " + (" + fixed(law->budgets * 1e-6, 3) +
      " M / tokens)^" + fixed(law->beta, 2) + ", off by " + percent(law->error) +
      " (root mean square)");
  for (const std::string& text : options.targets) {
    const ScalingPoint target = *point_of(text);
    const double predicted = law->loss(target.parameters, target.tokens);
    const ScalingRange range = leave_one_out(points, target.parameters, target.tokens);
    std::string line = in_words(target) + fixed(predicted, 3) + " predicted";
    if (range.low <= range.high)
      line += " (" + fixed(range.low, 3) + " to " + fixed(range.high, 3) + " leaving out a run)";
    if (target.loss > 0)
      line += ", came out " + fixed(target.loss, 3) + ", " + percent(target.loss / predicted - 1) +
              " off";
    say(line);
  }
  return {};
}

}  // namespace

void add_train_scaling(CLI::App& train, Cli& cli) {
  auto options = std::make_shared<TrainScalingOptions>();
  CLI::App* command = add_command(
      train, cli, "scaling", "Predict the loss of larger runs from smaller ones",
      "  sage-music train scaling runs/* --predict 25e6:400e6\n"
      "  sage-music train scaling runs/* --predict 5.4e6:98e6:2.127     # and what came out\n"
      "\n"
      "Fits loss = floor + (n / parameters)^a + (d / tokens)^b to the last validation of every "
      "run.\n"
      "The runs must have the same validation set; each should have decayed to its end.",
      [options] { return act(*options); });
  command
      ->add_option("runs", options->runs,
                   "run folders: at least three budgets, preferably three sizes")
      ->required();
  command
      ->add_option("--predict", options->targets, "run to predict: PARAMETERS:TOKENS[:KNOWN LOSS]")
      ->check(is_target())
      ->option_text("PARAMETERS:TOKENS[:LOSS] ...");
}

}  // namespace sage::cli
