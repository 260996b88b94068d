// sage-music bpe inspect: merges in words, and what they are made of.
#include <algorithm>
#include <array>
#include <memory>

#include "apps/bpe/commands.h"
#include "study/token_study.h"
#include "tokens/tokenizer_file.h"

namespace sage::cli {
namespace {

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  return fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1) + " %";
}

struct BpeInspectOptions {
  std::string tokenizer;
  int top = 20;
  bool json = false;
};

void say_composition(const MergeComposition& all) {
  say("");
  say("| merges that are | number | share |");
  say("|---|---|---|");
  const auto row = [&](const std::string& what, std::uint64_t count) {
    say("| " + what + " | " + grouped(static_cast<long long>(count)) + " | " +
        percent(count, all.total) + " |");
  };
  static constexpr std::array<const char*, kShapeCount> kWhat = {
      "the head of a bar", "a fragment of a note", "a whole note", "parts of several notes"};
  for (std::size_t s = 0; s < kWhat.size(); ++s) row(kWhat[s], all.shapes[s]);
  row("across two notes or a bar line", all.crosses_note);
  row("across two positions, by their own words", all.crosses_position);
  row("across a bar line", all.crosses_bar);
  row("across two instruments, by their own words", all.crosses_instrument);
  say("");
  say("| made of | number | share |");
  say("|---|---|---|");
  std::vector<unsigned> sets;
  for (unsigned set = 1; set < all.attribute_sets.size(); ++set)
    if (all.attribute_sets[set] > 0) sets.push_back(set);
  std::stable_sort(sets.begin(), sets.end(), [&](unsigned a, unsigned b) {
    return all.attribute_sets[a] > all.attribute_sets[b];
  });
  for (const unsigned set : sets) row(describe_attributes(set), all.attribute_sets[set]);
}

Result<void> inspect(const BpeInspectOptions& options) {
  auto tokenizer = read_tokenizer_file(options.tokenizer);
  if (!tokenizer) return tl::unexpected(tokenizer.error());
  MergeComposition all;
  const int first = tokenizer->vocabulary().size();
  for (TokenId id = first; id < tokenizer->size(); ++id)
    all.add(anatomy(tokenizer->expansion(id), *tokenizer));
  if (options.json) {
    Json json = {{"tokenizer", describe(tokenizer->config())},
                 {"composition", to_json(all)},
                 {"tokens", Json::array()}};
    for (TokenId id = first; id < tokenizer->size(); ++id)
      json["tokens"].push_back({{"id", id}, {"text", tokenizer->describe(id)}});
    say_json(json);
    return {};
  }
  say(describe(tokenizer->config()) + ": " + grouped(first) + " base tokens, " +
      grouped(tokenizer->size()) + " in all");
  const int merges = tokenizer->size() - first;
  const int shown = options.top == 0 ? merges : std::min(options.top, merges);
  for (TokenId id = first; id < first + shown; ++id)
    say("  " + std::to_string(id) + "  " + tokenizer->describe(id) + "  (" +
        std::string(shape_name(anatomy(tokenizer->expansion(id), *tokenizer).shape)) + ")");
  if (tokenizer->has_merges()) say_composition(all);
  return {};
}

}  // namespace

void add_bpe_inspect(CLI::App& bpe, Cli& cli) {
  auto options = std::make_shared<BpeInspectOptions>();
  CLI::App* command =
      add_command(bpe, cli, "inspect", "Show learnt merges in readable form, with their parts",
                  "  sage-music bpe inspect bpe.json\n"
                  "  sage-music bpe inspect bpe.json --top 0",
                  [options] { return inspect(*options); });
  command->add_option("tokenizer", options->tokenizer, "tokenizer file from `bpe train`")
      ->required();
  command->add_option("--top", options->top, "number of merges to list; 0: all")
      ->check(not_negative())
      ->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
}

}  // namespace sage::cli
