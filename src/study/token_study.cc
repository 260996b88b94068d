#include "study/token_study.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/file.h"
#include "base/hash.h"
#include "tokens/bpe/trainer.h"

namespace sage {
namespace {

/// Index of the first token after START, where words begin to merge.
std::size_t body_of(std::span<const std::uint16_t> ids, const Vocabulary& vocabulary) {
  const TokenId start = vocabulary.id(Kind::kStart);
  return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), start) - ids.begin()) + 1;
}

Result<LearnedMerges> learn(const TokenCorpus& corpus, const Tokenizer& base, Boundary boundary,
                            const TokenStudyOptions& options, const std::string& what) {
  BpeTrainer trainer({.base_size = base.size(),
                      .merges = options.merges.back(),
                      .threads = options.threads,
                      .progress =
                          [&](int done, int merges) {
                            if (options.progress)
                              options.progress(what, static_cast<double>(done) / merges);
                          },
                      .stop = options.stop});
  const Segmenter segmenter(base.tokenization(), base.config(), base.vocabulary(), boundary);
  std::vector<std::uint32_t> ends;
  for (const CorpusPiece& piece : corpus.pieces) {
    segmenter.words(corpus.of(piece), ends);
    if (auto added = trainer.add(corpus.of(piece), ends); !added)
      return tl::unexpected(added.error());
  }
  return trainer.learn();
}

double entropy_bits(const std::vector<std::uint64_t>& counts) {
  double total = 0, bits = 0;
  for (const std::uint64_t count : counts) total += static_cast<double>(count);
  for (const std::uint64_t count : counts)
    if (count > 0)
      bits -= static_cast<double>(count) / total * std::log2(static_cast<double>(count) / total);
  return bits;
}

/// The first `merges` of the learnt ones, measured.
Result<TokenMeasures> measure(const TokenCorpus& corpus, const TokenizerConfig& base,
                              const Merges& learned, int merges) {
  TokenMeasures measures;
  measures.merges = merges;
  measures.learned = std::min(merges, static_cast<int>(learned.pairs.size()));
  TokenizerConfig config = base;
  config.merges = {learned.boundary,
                   {learned.pairs.begin(), learned.pairs.begin() + measures.learned}};
  const auto tokenizer = Tokenizer::create(config);
  if (!tokenizer) return tl::unexpected(tokenizer.error());

  std::vector<std::uint64_t> counts(static_cast<std::size_t>(tokenizer->size()));
  std::vector<double> tokens, notes, quarters;  // of each piece
  std::vector<std::uint32_t> ends;
  std::vector<std::uint16_t> ids;
  BpeScratch scratch;
  for (const CorpusPiece& piece : corpus.pieces) {
    const auto base_ids = corpus.of(piece);
    ids.clear();
    tokenizer->segmenter().words(base_ids, ends);
    tokenizer->bpe().encode(base_ids, ends, scratch, ids);
    count_crossings(*tokenizer, base_ids, ids, measures.crossings);
    const std::size_t body = body_of(ids, tokenizer->vocabulary());
    for (const std::uint16_t id : std::span(ids).subspan(body)) ++counts[id];
    tokens.push_back(static_cast<double>(ids.size() - body));
    notes.push_back(piece.note_count);
    quarters.push_back(piece.quarters);
  }
  measures.tokens_per_note = bootstrap_ratio(tokens, notes);
  measures.tokens_per_quarter = bootstrap_ratio(tokens, quarters);
  measures.bits_per_token = entropy_bits(counts);
  measures.bits_per_note = measures.bits_per_token * measures.tokens_per_note.mean;

  int used = 0;
  for (TokenId id = 0; id < tokenizer->size(); ++id) {
    const std::uint64_t times = counts[static_cast<std::size_t>(id)];
    const MergeAnatomy one = anatomy(tokenizer->expansion(id), *tokenizer);
    if (times > 0) measures.use.add(one, times);
    if (id < tokenizer->vocabulary().size()) continue;
    measures.table.add(one);
    used += times > 0;
    measures.longest =
        std::max(measures.longest, static_cast<double>(tokenizer->expansion(id).size()));
  }
  if (measures.learned > 0) measures.merges_used = static_cast<double>(used) / measures.learned;
  return measures;
}

/// To be raised whenever what is measured, or how, changes: kept arms of another one are not used.
constexpr int kMeasuresVersion = 2;

/// What an arm's file must have been made from to be good for this study.
std::string key_of(const SortedCorpora& training, const SortedCorpora& held_out,
                   const TokenArm& arm, const TokenStudyOptions& options) {
  const nlohmann::json facts = {{"version", kMeasuresVersion},
                                {"training", training.sha256},
                                {"held_out", held_out.sha256},
                                {"training_notes", arm.training_notes},
                                {"held_out_notes", arm.held_out_notes},
                                {"tokenizer", to_json(options.tokenizer)},
                                {"merges", options.merges}};
  return Sha256().update(facts.dump()).hex();
}

std::optional<TokenArm> kept_arm(const std::filesystem::path& path, const std::string& key) {
  const auto text = read_text(path);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || json.value("key", nlohmann::json()) != key) return std::nullopt;
  return token_arm_from_json(json);
}

std::string file_name(const TokenArm& arm) {
  std::string name(music_kind_name(arm.kind));
  std::replace(name.begin(), name.end(), ' ', '-');
  return name + "." + std::string(boundary_name(arm.boundary)) + ".json";
}

Result<TokenArm> run_arm(TokenArm arm, const SortedCorpora& training, const SortedCorpora& held_out,
                         const Tokenizer& base, const TokenStudyOptions& options) {
  const TokenCorpus& from = training.of(arm.kind);
  const TokenCorpus& on = held_out.of(arm.kind);
  arm.training_pieces = from.pieces.size();
  arm.training_notes = from.notes;
  arm.training_tokens = from.tokens.size();
  arm.held_out_pieces = on.pieces.size();
  arm.held_out_notes = on.notes;
  const auto path = options.arms / file_name(arm);
  const std::string key = key_of(training, held_out, arm, options);
  if (auto kept = kept_arm(path, key)) return *std::move(kept);

  const std::string what = std::string(music_kind_name(arm.kind)) + ", boundary " +
                           std::string(boundary_name(arm.boundary));
  const auto begin = std::chrono::steady_clock::now();
  auto learned = learn(from, base, arm.boundary, options, what);
  if (!learned) return tl::unexpected(learned.error());
  arm.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Merges merges = {arm.boundary, std::move(learned->merges)};
  for (const int count : options.merges) {
    auto measures = measure(on, options.tokenizer, merges, count);
    if (!measures) return tl::unexpected(measures.error());
    arm.sizes.push_back(*measures);
  }
  auto json = to_json(arm);
  json["key"] = key;
  if (auto written = write_text(path, json.dump(1) + "\n"); !written)
    return tl::unexpected(written.error());
  return arm;
}

}  // namespace

Result<std::vector<TokenArm>> study_tokens(const SortedCorpora& training,
                                           const SortedCorpora& held_out,
                                           const TokenStudyOptions& options) {
  const auto base = Tokenizer::create(options.tokenizer);
  if (!base) return tl::unexpected(base.error());
  std::vector<TokenArm> arms;
  for (const MusicKind kind :
       {MusicKind::kPianoScore, MusicKind::kPianoPerformance, MusicKind::kMultitrack}) {
    if (training.of(kind).pieces.empty() || held_out.of(kind).pieces.empty()) continue;
    for (const Boundary boundary : options.boundaries) {
      TokenArm arm;
      arm.kind = kind;
      arm.boundary = boundary;
      auto done = run_arm(arm, training, held_out, *base, options);
      if (!done) return tl::unexpected(done.error());
      arms.push_back(*std::move(done));
    }
  }
  if (arms.empty())
    return fail(ErrorCode::kInvalidArgument,
                "no kind of music (piano scores, piano performances, multi-track) has both "
                "training and held-out pieces (a limit on notes may leave none)");
  return arms;
}

}  // namespace sage
