// Byte pair encoding on real pieces: cutting words, learning merges, encoding and decoding, in base
// tokens a second of processor time (of all threads, for training by the wall clock).
//
// Reads train_copyleft (or valid_clean) below the folder in SAGE_DATA, or the folder that is its
// argument.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "midi/reader.h"
#include "tokens/bpe/boundary.h"
#include "tokens/bpe/trainer.h"
#include "tokens/tokenizer.h"

namespace sage {
namespace {

struct Piece {
  std::vector<std::uint16_t> ids;
  std::vector<std::uint32_t> ends;
};

struct Corpus {
  Tokenizer tokenizer = Tokenizer::create({}).value();
  std::vector<std::vector<std::uint16_t>> pieces;
  std::size_t tokens = 0;

  Segmenter segmenter(Boundary boundary) const {
    return Segmenter(tokenizer.tokenization(), tokenizer.config(), tokenizer.vocabulary(),
                     boundary);
  }
  std::vector<Piece> cut(Boundary boundary) const {
    std::vector<Piece> cut_pieces;
    const Segmenter segmenter_ = segmenter(boundary);
    for (const auto& ids : pieces) {
      cut_pieces.push_back({ids, {}});
      segmenter_.words(ids, cut_pieces.back().ends);
    }
    return cut_pieces;
  }
};

Corpus read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Corpus corpus;
  for (const auto& file : files) {
    const auto read = read_midi_file(file);
    if (!read) continue;
    const auto ids = corpus.tokenizer.encode(read->score);
    if (!ids) continue;
    corpus.pieces.emplace_back(ids->begin(), ids->end());
    corpus.tokens += ids->size();
  }
  return corpus;
}

void count_tokens(benchmark::State& state, std::size_t tokens) {
  state.counters["tokens/s"] =
      benchmark::Counter(static_cast<double>(tokens) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

LearnedMerges learn(const Corpus& corpus, const std::vector<Piece>& pieces, int merges,
                    int threads) {
  BpeTrainerOptions options;
  options.base_size = corpus.tokenizer.vocabulary().size();
  options.merges = merges;
  options.threads = threads;
  BpeTrainer trainer(options);
  for (const Piece& piece : pieces)
    if (!trainer.add(piece.ids, piece.ends)) std::abort();
  return trainer.learn().value();
}

void cut_words(benchmark::State& state, const Corpus& corpus, Boundary boundary) {
  const Segmenter segmenter = corpus.segmenter(boundary);
  std::vector<std::uint32_t> ends;
  for (auto _ : state)
    for (const auto& ids : corpus.pieces) segmenter.words(ids, ends);
  count_tokens(state, corpus.tokens);
}

void train(benchmark::State& state, const Corpus& corpus, Boundary boundary, int merges) {
  const auto pieces = corpus.cut(boundary);
  std::size_t learned = 0;
  for (auto _ : state)
    learned = learn(corpus, pieces, merges, static_cast<int>(state.range(0))).merges.size();
  count_tokens(state, corpus.tokens);
  state.counters["merges"] = static_cast<double>(learned);
}

void encode(benchmark::State& state, const Corpus& corpus, Boundary boundary, int merges) {
  const auto pieces = corpus.cut(boundary);
  static std::map<Boundary, std::vector<Merge>> learned;  // 20,000 at most, the best first
  if (!learned.contains(boundary)) learned[boundary] = learn(corpus, pieces, 20'000, 1).merges;
  auto some = learned[boundary];
  some.resize(std::min(some.size(), static_cast<std::size_t>(merges)));
  const auto bpe = Bpe::create(corpus.tokenizer.vocabulary().size(), some).value();
  BpeScratch scratch;
  std::vector<std::uint16_t> encoded;
  std::size_t tokens = 0;
  for (auto _ : state) {
    tokens = 0;
    for (const Piece& piece : pieces) {
      encoded.clear();
      bpe.encode(piece.ids, piece.ends, scratch, encoded);
      tokens += encoded.size();
    }
  }
  count_tokens(state, corpus.tokens);
  state.counters["merges"] = static_cast<double>(some.size());
  state.counters["compression"] = static_cast<double>(corpus.tokens) / static_cast<double>(tokens);
}

void register_all(const Corpus& corpus) {
  for (const Boundary boundary : kBoundaries) {
    const std::string name(boundary_name(boundary));
    benchmark::RegisterBenchmark(("words/" + name).c_str(), [&, boundary](auto& state) {
      cut_words(state, corpus, boundary);
    })->Unit(benchmark::kMillisecond);
    for (const int merges : {1'000, 20'000})
      benchmark::RegisterBenchmark(
          ("encode/" + name + "/" + std::to_string(merges)).c_str(),
          [&, boundary, merges](auto& state) { encode(state, corpus, boundary, merges); })
          ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(
        ("train/" + name + "/5000/threads").c_str(),
        [&, boundary](auto& state) { train(state, corpus, boundary, 5'000); })
        ->Arg(1)
        ->Arg(2)
        ->Unit(benchmark::kMillisecond)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  }
}

std::filesystem::path data_folder(int argc, char** argv) {
  if (argc > 1) return argv[1];
  const char* root = std::getenv("SAGE_DATA");
  if (root == nullptr) return {};
  const std::filesystem::path copyleft = std::filesystem::path(root) / "train_copyleft";
  return std::filesystem::is_directory(copyleft) ? copyleft
                                                 : std::filesystem::path(root) / "valid_clean";
}

}  // namespace
}  // namespace sage

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const auto folder = sage::data_folder(argc, argv);
  if (!std::filesystem::is_directory(folder)) {
    std::printf(
        "bpe_bench measures on real pieces: name a folder of MIDI files, or set SAGE_DATA\n");
    return 0;
  }
  const sage::Corpus corpus = sage::read_corpus(folder);
  std::printf("%zu pieces, %zu base tokens\n", corpus.pieces.size(), corpus.tokens);
  sage::register_all(corpus);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
