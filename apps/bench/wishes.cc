// sage-music bench wishes: what wishes cost, and how near the soft ones come to what was asked for.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "apps/shared/cli.h"
#include "apps/shared/machine.h"
#include "apps/shared/model_choice.h"
#include "base/file.h"
#include "generate/generator.h"
#include "generate/wishes_json.h"
#include "plot/chart.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

struct BenchWishesOptions {
  ModelChoice model;
  int bars = 16, rounds = 3, pieces = 4;
  std::uint64_t seed = 0;
  std::string output;  // of charts, without extension; empty: none
  bool json = false;
};

const std::vector<int> kBand = {73, 0, 33, 128};

/// One wish of each word.
constexpr std::array<std::pair<const char*, const char*>, 10> kExamples = {{
    {"key", R"({"key": "C"})"},
    {"chords", R"({"chords": "C | Am | Dm7 | G7"})"},
    {"range", R"({"range": {"flute": "C4-C6"}})"},
    {"polyphony", R"({"polyphony": {"flute": 1, "piano": 4}})"},
    {"playable", R"({"playable": true})"},
    {"rhythm", R"({"rhythm": {"bass": "x.x.x.x."}})"},
    {"melody", R"({"melody": {"flute": {"contour": "++-+--+-"}}})"},
    {"drum_map", R"({"drum_map": ["kick", "snare", "hihat"]})"},
    {"density", R"({"density": 6})"},
    {"surprise", R"({"surprise": 1})"},
}};

struct WishedRun {
  double seconds = 0, tokens = 0, notes = 0, entropy = 0;
};

Result<WishedRun> write(const std::shared_ptr<const Engine>& engine, const Wishes& wishes,
                        const BenchWishesOptions& options, std::uint64_t seed) {
  Request request;
  request.bars = options.bars;
  request.programs = kBand;
  request.meter = Meter{4, 4};
  request.bpm = 110;
  request.sampler.top_p = kUsualTopP;
  request.seed = seed;
  request.wishes = wishes;
  const auto start = std::chrono::steady_clock::now();
  auto generator =
      Generator::create(engine, request, {.threads = options.model.threads, .drafts = false});
  if (!generator) return tl::unexpected(generator.error());
  while (generator->next().type != ReadEvent::Type::kEnd) {
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  const auto tokens = generator->tokens().size() - generator->prompt_tokens();
  return WishedRun{passed.count(), static_cast<double>(tokens),
                   static_cast<double>(generator->notes()), generator->mean_entropy()};
}

/// With and without a wish, interleaved.
Result<Json> cost(const std::shared_ptr<const Engine>& engine, const char* word,
                  const Wishes& wishes, const BenchWishesOptions& options) {
  std::vector<double> with, without;
  for (int round = 0; round < options.rounds; ++round) {
    const auto seed = options.seed + static_cast<std::uint64_t>(round);
    const auto a = write(engine, {}, options, seed);
    const auto b = write(engine, wishes, options, seed);
    if (!a) return tl::unexpected(a.error());
    if (!b) return tl::unexpected(b.error());
    without.push_back(a->tokens / a->seconds);
    with.push_back(b->tokens / b->seconds);
  }
  return Json{{"wish", word},
              {"tokens_per_second", median(with)},
              {"without", median(without)},
              {"ratio", median(with) / median(without)}};
}

/// Asked against got: a mean over pieces for each level.
template <class Ask, class Got>
Result<Json> calibrate(const std::shared_ptr<const Engine>& engine,
                       const BenchWishesOptions& options, const std::vector<double>& levels,
                       Ask ask, Got got) {
  Json rows = Json::array();
  for (const double level : levels) {
    Wishes wishes;
    ask(wishes, level);
    std::vector<double> values;
    for (int piece = 0; piece < options.pieces; ++piece) {
      if (stop_requested()) return fail(ErrorCode::kInterrupted, "interrupted");
      const auto run =
          write(engine, wishes, options, options.seed + static_cast<std::uint64_t>(piece));
      if (!run) return tl::unexpected(run.error());
      values.push_back(got(*run));
    }
    rows.push_back({{"asked", level},
                    {"got", median(values)},
                    {"low", *std::min_element(values.begin(), values.end())},
                    {"high", *std::max_element(values.begin(), values.end())}});
  }
  return rows;
}

Result<void> draw(const Json& rows, const std::string& title, const std::string& unit,
                  const std::string& path) {
  Chart chart;
  chart.title = title;
  chart.x.label = "asked, " + unit;
  chart.y.label = "got, " + unit;
  Series got{.name = "pieces: median, lowest, highest", .points = {}, .mark = Mark::kBoth};
  Series ideal{.name = "as asked", .points = {}, .mark = Mark::kLine, .colour = kChartColours - 1};
  for (const Json& row : rows) {
    got.points.push_back({row["asked"], row["got"], row["low"], row["high"]});
    ideal.points.push_back({row["asked"], row["asked"]});
  }
  chart.series = {std::move(got), std::move(ideal)};
  return write_text(path, chart_svg(chart));
}

void tell_wishes(const Json& json) {
  say("| wish | tokens/s | without | ratio |\n|---|---:|---:|---:|");
  for (const Json& row : json["cost"])
    say("| " + row["wish"].get<std::string>() + " | " + fixed(row["tokens_per_second"], 0) + " | " +
        fixed(row["without"], 0) + " | " + fixed(row["ratio"], 2) + " |");
  for (const char* soft : {"density", "surprise"}) {
    say("\n| " + std::string(soft) + " asked | got | lowest | highest |\n|---:|---:|---:|---:|");
    for (const Json& row : json[soft])
      say("| " + fixed(row["asked"], 1) + " | " + fixed(row["got"], 2) + " | " +
          fixed(row["low"], 2) + " | " + fixed(row["high"], 2) + " |");
  }
}

Result<void> act(const BenchWishesOptions& options) {
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  install_stop_handler();
  Json json = {{"machine", machine_name()},
               {"model", (*engine)->weights().hash()},
               {"threads", options.model.threads},
               {"seed", options.seed},
               {"bars", options.bars},
               {"pieces", options.pieces},
               {"cost", Json::array()}};
  for (const auto& [word, text] : kExamples) {
    show_progress(std::string("cost of ") + word);
    const auto wishes = wishes_from_text(text, kBand);
    if (!wishes) return tl::unexpected(wishes.error());
    auto row = cost(*engine, word, *wishes, options);
    if (!row) return tl::unexpected(row.error());
    json["cost"].push_back(*std::move(row));
  }
  show_progress("density and surprise");
  const double parts_and_bars = static_cast<double>(kBand.size()) * options.bars;
  auto density = calibrate(
      *engine, options, {1, 2, 4, 8, 12},
      [](Wishes& wishes, double level) {
        wishes.density = {{kEveryProgram, level}};
      },
      [&](const WishedRun& run) { return run.notes / parts_and_bars; });
  if (!density) return tl::unexpected(density.error());
  auto surprise = calibrate(
      *engine, options, {0.4, 0.7, 1, 1.3, 1.6},
      [](Wishes& wishes, double level) { wishes.surprise = level; },
      [](const WishedRun& run) { return run.entropy; });
  if (!surprise) return tl::unexpected(surprise.error());
  end_progress();
  json["density"] = *std::move(density);
  json["surprise"] = *std::move(surprise);
  if (!options.output.empty()) {
    if (auto ok = draw(json["density"], "Density", "notes a bar and instrument",
                       options.output + "-density.svg");
        !ok)
      return ok;
    if (auto ok =
            draw(json["surprise"], "Surprise", "nats a choice", options.output + "-surprise.svg");
        !ok)
      return ok;
  }
  if (options.json)
    say_json(json);
  else
    tell_wishes(json);
  return {};
}

}  // namespace

void add_bench_wishes(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<BenchWishesOptions>();
  CLI::App* command = add_command(
      bench, cli, "wishes", "Speed under wishes, and density and surprise asked against got",
      "  sage-music bench wishes --pieces 8 -o docs/results/wishes\n"
      "Pieces of flute, piano, bass and drums in 4/4; with and without a wish, interleaved.",
      [options] { return act(*options); });
  add_model_options(*command, options->model);
  command->add_option("--bars", options->bars, "bars of a piece")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "rounds a wish, for the speed")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--pieces", options->pieces, "pieces a level")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command->add_option("-s,--seed", options->seed, "random seed")
      ->check(not_negative())
      ->capture_default_str();
  command->add_option("-o,--output", options->output,
                      "name of charts to write, without -density.svg");
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
