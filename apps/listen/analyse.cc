// sage-music listen analyse: the results of a listening test.
#include <filesystem>
#include <memory>

#include "apps/listen/commands.h"
#include "base/file.h"
#include "listen/analysis.h"

namespace sage::cli {
namespace {

struct ListenAnalyseOptions {
  std::string key;
  std::vector<std::string> results;
  std::size_t allowed = 1;
  BootstrapOptions bootstrap;
  std::string report;
  bool json = false;
};

Result<void> act(const ListenAnalyseOptions& options) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 24;
  const auto text = read_text(options.key, kMostBytes);
  if (!text) return tl::unexpected(text.error());
  const auto test = read_key(*text);
  if (!test) return fail(options.key, test.error());
  std::vector<ResultFile> files;
  for (const std::string& path : options.results)
    files.push_back({printable(path), read_text(path, kMostBytes)});
  const ListeningReport report = analyse(*test, read_results(files, *test, options.allowed),
                                         options.allowed, options.bootstrap);
  for (const Refused& refused : report.listeners.refused)
    note("excluded: " + refused.name + ": " + refused.why);
  if (report.all.listeners == 0)
    return fail(ErrorCode::kInvalidArgument, "no file contains answers to this test");
  const Json json = report_json(report);
  const std::string markdown = report_markdown(report);
  if (!options.report.empty()) {
    if (auto ok = write_text(options.report + ".json", json.dump(2) + "\n"); !ok) return ok;
    if (auto ok = write_text(options.report + ".md", markdown); !ok) return ok;
  }
  if (options.json)
    say_json(json);
  else
    say(markdown);
  return {};
}

}  // namespace

void add_listen_analyse(CLI::App& listen, Cli& cli) {
  auto options = std::make_shared<ListenAnalyseOptions>();
  CLI::App* command = add_command(
      listen, cli, "analyse", "Analyse answers: scores, preferences, agreement",
      "  sage-music listen analyse --key out/test/key.json answers/*.json --report out/found\n"
      "Files that are broken, of another test or of a participant seen before are named and left\n"
      "out. Listeners who fail more checks than allowed are named; tables show both with and\n"
      "without them.",
      [options] { return act(*options); });
  command->add_option("results", options->results, "answer files of listeners")->required();
  command->add_option("--key", options->key, "key.json of the test")->required();
  command->add_option("--max-failed", options->allowed, "failed attention checks allowed, of 4")
      ->check(CLI::Range(0, 4))
      ->capture_default_str();
  command
      ->add_option("--resamples", options->bootstrap.resamples, "bootstrap resamples for intervals")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->bootstrap.seed, "seed of intervals and tests")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("--report", options->report, "write NAME.json and NAME.md");
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
