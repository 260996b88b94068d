// sage-music listen power: how many listeners an effect takes, before anybody is asked.
#include <memory>

#include "apps/listen/commands.h"
#include "listen/power.h"

namespace sage::cli {
namespace {

struct ListenPowerOptions {
  PowerTask task;
  double wanted = 0.8;
  int runs = 1000;
  std::uint64_t seed = 0;
  bool json = false;
};

Result<void> act(const ListenPowerOptions& options) {
  PowerTask task = options.task;
  const int needed = raters_needed(task, options.wanted);
  if (needed == 0)
    return fail(ErrorCode::kInvalidArgument,
                "more than a million listeners are needed: the effect is too small to be found");
  const double effect = task.win_rate > 0 ? effect_of_win_rate(task.win_rate) : task.effect;
  const double closed = closed_form_power(task);
  const double simulated = simulated_power(task, options.runs, options.seed);
  if (options.json) {
    say_json({{"effect", effect},
              {"listener_effect", listener_effect(task)},
              {"raters", task.raters},
              {"clips", task.clips},
              {"icc", task.listener},
              {"alpha", task.alpha},
              {"power", closed},
              {"simulated_power", simulated},
              {"runs", options.runs},
              {"seed", options.seed},
              {"wanted_power", options.wanted},
              {"raters_needed", needed}});
    return {};
  }
  say("effect of one comparison: d = " + fixed(effect, 3) + "; of a listener's mean over " +
      std::to_string(task.clips) + ": " + fixed(listener_effect(task), 3));
  say("power with " + std::to_string(task.raters) + " listeners: " + fixed(100 * closed, 1) +
      " % (closed form), " + fixed(100 * simulated, 1) + " % of " + grouped(options.runs) +
      " simulated tests");
  say("listeners for " + fixed(100 * options.wanted, 0) + " %: " + grouped(needed));
  return {};
}

}  // namespace

void add_listen_power(CLI::App& listen, Cli& cli) {
  auto options = std::make_shared<ListenPowerOptions>();
  CLI::App* command = add_command(
      listen, cli, "power", "Estimate statistical power and the number of listeners",
      "  sage-music listen power --effect 0.5 --raters 20 --clips 8\n"
      "  sage-music listen power --win-rate 0.6 --raters 20 --clips 8 --icc 0.1\n"
      "Comparisons with Holm's correction are stricter: divide --alpha by their number.",
      [options] { return act(*options); });
  PowerTask& task = options->task;
  auto* effect = command->add_option("--effect", task.effect,
                                     "mean difference of ratings over its standard deviation");
  effect->check(CLI::Range(0.001, 10.0))->capture_default_str();
  command->add_option("--win-rate", task.win_rate, "share of votes for the better system")
      ->check(CLI::Range(0.5001, 0.9999))
      ->excludes(effect);
  command->add_option("--raters", task.raters, "listeners")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  command->add_option("--clips", task.clips, "comparisons of the two systems by each listener")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--icc", task.listener, "correlation of one listener's comparisons, 0 to 1")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  command->add_option("--alpha", task.alpha, "significance level")
      ->check(CLI::Range(1e-6, 0.5))
      ->capture_default_str();
  command->add_option("--power", options->wanted, "wanted chance to find the effect")
      ->check(CLI::Range(0.01, 0.999))
      ->capture_default_str();
  command->add_option("--runs", options->runs, "simulated tests")
      ->check(CLI::Range(10, 1'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "of the simulation")
      ->check(not_negative())
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
