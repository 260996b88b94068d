// sage-music bench drafts: what guessing tokens ahead is worth, over real prompts.
#include <chrono>
#include <memory>

#include "apps/shared/machine.h"
#include "apps/shared/prompt_options.h"
#include "apps/shared/report_outputs.h"
#include "eval/journal.h"
#include "generate/generator.h"
#include "midi/reader.h"
#include "statistics/quantiles.h"

namespace sage::cli {
namespace {

struct BenchDraftsOptions : PromptOptions {
  BenchDraftsOptions() {
    generation.scope = {4, 16};
    limit = 20;
  }
  int rounds = 3;
};

struct DraftedRun {
  double seconds = 0;
  std::vector<TokenId> tokens;
  std::size_t written = 0;  // tokens after the prompt
  DraftCounts counts;
};

Result<DraftedRun> write(const std::shared_ptr<const Engine>& engine, const Request& request,
                         int threads, bool drafts) {
  auto generator = Generator::create(engine, request, {.threads = threads, .drafts = drafts});
  if (!generator) return tl::unexpected(generator.error());
  (void)generator->next();  // the prompt is read by both alike
  const auto start = std::chrono::steady_clock::now();
  while (generator->next().type != ReadEvent::Type::kEnd) {
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  const auto tokens = generator->tokens();
  return DraftedRun{passed.count(),
                    {tokens.begin(), tokens.end()},
                    tokens.size() - generator->prompt_tokens(),
                    generator->drafts()};
}

struct Totals {
  std::size_t prompts = 0, tokens = 0;
  double with = 0, without = 0;  // seconds
  DraftCounts counts, plain;
  std::vector<double> ratios;  // of each pair of neighbours in time, without / with
  std::vector<Skipped> skipped;
};

/// Both ways interleaved; the order within a pair alternates.
Result<void> compare(const std::shared_ptr<const Engine>& engine, const Request& request,
                     const BenchDraftsOptions& options, Totals& totals) {
  for (int round = 0; round < options.rounds; ++round) {
    DraftedRun runs[2];  // without, with
    for (const int turn : {0, 1}) {
      const bool drafts = (turn + round) % 2 == 1;
      auto run = write(engine, request, options.model.threads, drafts);
      if (!run) return tl::unexpected(run.error());
      runs[drafts] = *std::move(run);
    }
    if (runs[0].tokens != runs[1].tokens)
      return fail(ErrorCode::kMismatch,
                  "drafts changed the music, which is a bug; please report it");
    if (runs[1].seconds <= 0) continue;
    totals.tokens += runs[0].written;
    totals.without += runs[0].seconds;
    totals.with += runs[1].seconds;
    totals.ratios.push_back(runs[0].seconds / runs[1].seconds);
    totals.counts.drafted += runs[1].counts.drafted;
    totals.counts.accepted += runs[1].counts.accepted;
    totals.counts.passes += runs[1].counts.passes;
    totals.plain.passes += runs[0].counts.passes;
  }
  ++totals.prompts;
  return {};
}

Json to_json(const Totals& totals) {
  const auto rate = [&](double seconds) { return static_cast<double>(totals.tokens) / seconds; };
  const auto share = [](std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  Json json = {{"prompts", totals.prompts},
               {"tokens", totals.tokens},
               {"drafted", totals.counts.drafted},
               {"accepted", totals.counts.accepted},
               {"acceptance", share(totals.counts.accepted, totals.counts.drafted)},
               {"passes_without", totals.plain.passes},
               {"passes_with", totals.counts.passes},
               {"tokens_per_second_without", rate(totals.without)},
               {"tokens_per_second_with", rate(totals.with)},
               {"times_as_fast",
                {{"p05", quantile(totals.ratios, 0.05)},
                 {"median", median(totals.ratios)},
                 {"p95", quantile(totals.ratios, 0.95)}}},
               {"skipped", skipped_json(totals.skipped)}};
  return json;
}

void tell_drafts(const Json& json) {
  say("drafts: " + grouped(json["drafted"].get<long long>()) + " tokens, " +
      fixed(100 * json["acceptance"].get<double>(), 1) +
      " % accepted; passes of the model: " + grouped(json["passes_with"].get<long long>()) +
      " in place of " + grouped(json["passes_without"].get<long long>()));
  say("tokens/s: " + fixed(json["tokens_per_second_without"], 0) + " without, " +
      fixed(json["tokens_per_second_with"], 0) + " with; by pairs " +
      fixed(json["times_as_fast"]["median"], 2) + " times as fast (" +
      fixed(json["times_as_fast"]["p05"], 2) + " to " + fixed(json["times_as_fast"]["p95"], 2) +
      ")");
  say_skipped(json["skipped"]);
}

Result<void> act(const BenchDraftsOptions& options) {
  auto folder = list_folder(options.data);
  if (!folder) return tl::unexpected(folder.error());
  auto engine = open_engine(options.model);
  if (!engine) return tl::unexpected(engine.error());
  if ((*engine)->model().output().compound)
    return fail(ErrorCode::kUnsupported, "models with several fields a step do not draft");
  install_stop_handler();
  Totals totals;
  PieceProgress progress("timed", options.json);
  const auto files = thin(folder->pieces, options.limit);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!progress(i, files.size())) return fail(ErrorCode::kInterrupted, "interrupted");
    const auto reference = load_reference(files[i], options.generation.scope);
    const auto read = read_midi_file(files[i].path);
    if (!reference || !read) {
      totals.skipped.push_back(
          {files[i].name, to_string(reference ? read.error() : reference.error())});
      continue;
    }
    const Request request = request_for(options.generation, files[i].name, read->score, *reference);
    if (auto done = compare(*engine, request, options, totals); !done) {
      if (done.error().code == ErrorCode::kMismatch) return done;
      totals.skipped.push_back({files[i].name, to_string(done.error())});
    }
  }
  end_progress();
  if (totals.ratios.empty())
    return fail(ErrorCode::kInvalidArgument, "no piece could be continued");
  Json json = to_json(totals);
  json["machine"] = machine_name();
  json["model"] = (*engine)->weights().hash();
  json["type"] = to_string((*engine)->weights().type());
  json["threads"] = options.model.threads;
  json["prompts_hash"] = hash_of(files);
  json["seed"] = options.generation.seed;
  if (options.json)
    say_json(json);
  else
    tell_drafts(json);
  return {};
}

}  // namespace

void add_bench_drafts(CLI::App& bench, Cli& cli) {
  auto options = std::make_shared<BenchDraftsOptions>();
  CLI::App* command = add_command(
      bench, cli, "drafts", "Speed with and without drafts (speculative decoding)",
      "  sage-music bench drafts --data held_out_folder --limit 20 --json\n"
      "Each prompt is continued with and without drafts, interleaved; the music must be the same.",
      [options] { return act(*options); });
  add_prompt_options(*command, *options);
  command->add_option("--rounds", options->rounds, "rounds per prompt")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

}  // namespace sage::cli
