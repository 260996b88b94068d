#include "eval/generation.h"

#include <gtest/gtest.h>

#include "eval/journal.h"
#include "folders.h"
#include "generate/small_engine.h"
#include "midi/reader.h"

namespace sage {
namespace {

class Generation : public testing::Test {
 protected:
  void SetUp() override {
    test::write_songs(root_ / "data", 3);
    references_ = list_folder(root_ / "data")->pieces;
    options_.scope = {2, 2};
    options_.seed = 5;
  }

  Result<Generated> generate(const std::string& folder) {
    return generate_outputs(engine_, references_, root_ / folder, options_, test::go_on);
  }
  std::string output(const std::string& folder, const char* name) {
    return read_text(root_ / (folder + "/" + name + ".mid")).value_or("");
  }

  test::TemporaryFolder root_;
  std::vector<PieceFile> references_;
  GenerationOptions options_;
  std::shared_ptr<const Engine> engine_ = test::small_engine();
};

TEST_F(Generation, WritesAPieceForEachReferenceAndResumes) {
  const auto first = generate("out");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->made, 3u);
  EXPECT_TRUE(first->failed.empty());
  const std::string b = output("out", "b");
  ASSERT_FALSE(b.empty());

  std::filesystem::remove(root_ / "out/b.mid");
  const auto second = generate("out");
  EXPECT_EQ(second->made, 1u);
  EXPECT_EQ(second->kept, 2u);
  EXPECT_EQ(output("out", "b"), b);
}

TEST_F(Generation, ThreadsAndOrderChangeNothing) {
  ASSERT_TRUE(generate("one"));
  options_.jobs = 3;
  std::reverse(references_.begin(), references_.end());
  ASSERT_TRUE(generate("three"));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(output("one", name), output("three", name));
}

TEST_F(Generation, OtherSettingsNeedAnotherFolder) {
  ASSERT_TRUE(generate("out"));
  options_.seed = 6;
  const auto other = generate("out");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kMismatch);
}

TEST_F(Generation, AChangedReferenceIsAnsweredAnew) {
  ASSERT_TRUE(generate("out"));
  ASSERT_TRUE(write_midi_file(test::random_song(77), root_ / "data/a.mid"));
  EXPECT_EQ(generate("out")->made, 1u);
}

TEST_F(Generation, ThePromptIsKept) {
  ASSERT_TRUE(generate("out"));
  const Score score = read_midi_file(root_ / "out/a.mid")->score;
  const Piece made = on_grid(score).value();
  const Piece original = load_piece(references_[0]).value();
  const Piece a = bars_between(made, 0, 2), b = bars_between(original, 0, 2);
  ASSERT_EQ(note_count(a.score), note_count(b.score));
}

TEST_F(Generation, TheJournalTellsTheSpeed) {
  ASSERT_TRUE(generate("out"));
  const auto latency = read_latency(root_ / "out", "small");
  ASSERT_TRUE(latency);
  EXPECT_EQ(latency->pieces, 3u);
  EXPECT_EQ(latency->settings["task"], "continuation");
  EXPECT_GT(latency->peak_memory_mb, 0);
  if (latency->notes > 3) {
    EXPECT_GT(latency->notes_per_second, 0);
    EXPECT_GT(latency->first_note_ms[0], 0);
    EXPECT_LE(latency->note_ms[0], latency->note_ms[3]);
  }
  EXPECT_FALSE(read_latency(root_ / "data", "none"));
}

TEST_F(Generation, RequestsSayWhatTheTaskAsks) {
  const Reference reference = load_reference(references_[0], options_.scope).value();
  const Score score = read_midi_file(references_[0].path)->score;
  const Request continuation = request_for(options_, "a", score, reference);
  EXPECT_TRUE(continuation.prompt.has_value());
  EXPECT_EQ(continuation.prompt_bars, 2);
  EXPECT_EQ(continuation.bars, 2);
  options_.task = GenerationTask::kInstrument;
  const Request instrument = request_for(options_, "a", score, reference);
  EXPECT_FALSE(instrument.prompt);
  EXPECT_EQ(instrument.programs, (std::vector<int>{0, 33, kDrumProgram}));
  options_.task = GenerationTask::kUnconditional;
  EXPECT_TRUE(request_for(options_, "a", score, reference).programs.empty());
  EXPECT_NE(request_for(options_, "b", score, reference).seed, instrument.seed);
}

TEST_F(Generation, ABrokenJournalIsRefused) {
  ASSERT_TRUE(write_text(root_ / "out/generation.json", "{]"));
  EXPECT_FALSE(generate("out"));
}

class HoleGeneration : public Generation {
 protected:
  void plan(GenerationTask task, std::size_t bars) {
    options_.task = task;
    options_.scope = {0, bars};
    options_.plan = make_plan(references_, holes_of(task).value(), bars, 0, 1, test::go_on).value();
  }
};

TEST_F(HoleGeneration, FillsHolesAndResumes) {
  std::size_t notes = 0;
  for (const auto task : {GenerationTask::kInfill, GenerationTask::kAccompany}) {
    plan(task, 2);
    const std::string folder(to_string(task));
    const auto first = generate(folder);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->made, 3u);
    for (const Skipped& failed : first->failed) ADD_FAILURE() << failed.why;
    for (const PieceFile& file : references_) {
      const Piece made = load_piece({file.name, root_ / folder / (file.name + ".mid")}).value();
      const Piece original = load_piece(file).value();
      const PieceHole& hole = options_.plan->holes.at(file.name).hole;
      EXPECT_EQ(compare_rest(made, original, hole).violations(), 0u) << file.name;
      notes += note_count(in_hole(made, hole).score);
    }
    const std::string b = output(folder, "b");
    std::filesystem::remove(root_ / folder / "b.mid");
    options_.jobs = 2;
    const auto second = generate(folder);
    EXPECT_EQ(second->made, 1u);
    EXPECT_EQ(output(folder, "b"), b);
    // Another hole is another task, for this piece; another rule one for all of them.
    options_.plan->holes.at("a").hole.first_bar -= 1;
    EXPECT_EQ(generate(folder)->made, 1u);
    options_.plan->seed += 1;
    EXPECT_EQ(generate(folder).error().code, ErrorCode::kMismatch);
  }
  EXPECT_GT(notes, 0u);
}

TEST_F(HoleGeneration, ARunGoesOnWithMorePieces) {
  const auto all = references_;
  references_.resize(2);
  plan(GenerationTask::kInfill, 2);
  EXPECT_EQ(generate("out")->made, 2u);
  references_ = all;
  plan(GenerationTask::kInfill, 2);
  const auto more = generate("out");
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_EQ(more->made, 1u);
  EXPECT_EQ(more->kept, 2u);
}

TEST_F(HoleGeneration, TheModelSeesNothingOfTheHole) {
  plan(GenerationTask::kAccompany, 4);
  const Reference reference = load_reference(references_[0], *options_.plan).value();
  const Score score = read_midi_file(references_[0].path)->score;
  const InfillRequest request = infill_request_for(options_, "a", score, reference);
  ASSERT_EQ(request.piece.tracks.size(), 1u);
  EXPECT_EQ(request.piece.tracks[0].program_or_drum(), reference.hole->given);
  EXPECT_EQ(request.programs, reference.hole->programs);
  EXPECT_EQ(request.bars, 4);
}

TEST_F(HoleGeneration, AModelThatHearsNothingFailsTheProbes) {
  for (const auto task : {GenerationTask::kInfill, GenerationTask::kAccompany}) {
    options_.task = task;
    options_.jobs = 2;
    const auto scores = run_probes(engine_, options_, test::go_on);  // of random weights
    ASSERT_TRUE(scores) << scores.error().message;
    EXPECT_EQ(scores->size(), probes_of(*holes_of(task)).size());
    for (const ProbeSummary& row : summarise(*scores, {.resamples = 100}))
      EXPECT_LT(row.value.mean, 0.3) << to_string(row.kind);
  }
  options_.task = GenerationTask::kContinuation;
  EXPECT_TRUE(run_probes(engine_, options_, test::go_on)->empty());
}

TEST_F(HoleGeneration, ModelsThatCannotFillHolesAreRefusedAtOnce) {
  plan(GenerationTask::kInfill, 2);
  engine_ = test::small_engine({.scheme = "mmt"}, 160, 1, "delay");
  const auto refused = generate("out");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(std::filesystem::exists(root_ / "out"));
}

TEST_F(Generation, AJournalOfAnyContentsIsReadOrRefused) {
  ASSERT_TRUE(generate("out"));
  const std::string good = read_text(root_ / "out/generation.json").value();
  for (const std::string bad :
       {"", "[]", "{\"settings\": {}, \"pieces\": []}", "{\"pieces\": {\"a\": 3}}",
        "{\"settings\": 3, \"pieces\": {\"a\": {\"seconds\": \"x\", \"notes\": [], "
        "\"note_us\": [null], \"first_note_ms\": {}}}, \"jobs\": \"two\"}"}) {
    ASSERT_TRUE(write_text(root_ / "out/generation.json", bad));
    EXPECT_FALSE(generate("out")) << bad;
    (void)read_latency(root_ / "out", "x");
  }
  ASSERT_TRUE(write_text(root_ / "out/generation.json", good));
  EXPECT_EQ(generate("out")->kept, 3u);
}

}  // namespace
}  // namespace sage
