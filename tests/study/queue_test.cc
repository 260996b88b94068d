// The queue and the report, with a workshop whose models have random weights.
#include "study/queue.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "eval/folders.h"
#include "generate/engine.h"
#include "study/file_lock.h"
#include "study/report.h"

namespace sage {
namespace {

namespace fs = std::filesystem;

class RandomWorkshop final : public Workshop {
 public:
  explicit RandomWorkshop(fs::path folder) : folder_(std::move(folder)) {}

  Result<TrainedArm> train(const ArmSpec& arm, std::uint64_t seed,
                           const std::function<void(double)>& share) override {
    if (fails_) return fail(ErrorCode::kIo, "no disk");
    if (stop_after_ > 0 && made_.size() + 1 == stop_after_) stop.store(true);
    if (stop.load()) return fail(ErrorCode::kInterrupted, "interrupted");
    share(0.5);
    made_.push_back(run_name(arm.name, seed));
    auto tokenizer = Tokenizer::create(arm.tokenizer).value();
    ModelConfig model = arm.model;
    describe_vocabulary(tokenizer, model);
    const auto weights = Weights::random(model, WeightType::kF32, seed).value();
    Metadata metadata = weights->metadata();
    metadata[std::string(kTokenizerKey)] = to_json(tokenizer.config()).dump();
    const fs::path path = folder_ / (run_name(arm.name, seed) + ".safetensors");
    if (auto saved = save_weights(path, model, metadata, weights->tensors()); !saved)
      return tl::unexpected(saved.error());
    return TrainedArm{path, {10, 4, 50, 2'000, 60, {{1'000, 6}, {2'000, 5}}}};
  }

  std::vector<std::string> made_;
  std::size_t stop_after_ = 0;
  bool fails_ = false;
  std::atomic<bool> stop{false};

 private:
  fs::path folder_;
};

class ArmQueue : public testing::Test {
 protected:
  void SetUp() override {
    test::write_songs(root_ / "music", 5);
    facts_.study = "attention";
    facts_.command = "sage-music study attention";
    facts_.shape = {.d_model = 32, .layers = 1, .heads = 4, .d_ff = 32, .context = 96};
    facts_.settings.scope = {2, 2};
    facts_.settings.likelihood_pieces = 3;
    facts_.settings.continuation_pieces = 3;
    facts_.music[MusicKind::kMultitrack] = {"training", "held out"};
    plan_ = make_plan("attention", facts_.shape).value();
    std::vector<fs::path> files;
    const Folder music = list_folder(root_ / "music").value();
    for (const PieceFile& piece : music.pieces) files.push_back(piece.path);
    held_out_[MusicKind::kMultitrack] = choose_held_out(files, facts_.settings).value();
    options_.seeds = {1, 2};
    options_.work = root_ / "work";
    options_.stop = &workshop_.stop;
  }

  StudyFolder folder() { return StudyFolder::open(root_ / "study", facts_).value(); }
  Result<QueueSummary> work(const std::vector<std::string>& arms) {
    return work_through(plan_, arms, folder(), held_out_, workshop_, options_);
  }
  /// The report's files, all in one string.
  std::string report() {
    const StudyFolder study = StudyFolder::read(root_ / "study").value();
    const auto report = read_study(study);
    EXPECT_TRUE(report) << report.error().message;
    EXPECT_TRUE(write_report(*report, study.path()));
    std::string text;
    for (const ReportPlot& plot : plots_of(*report))
      text += read_text(study.path() / plot.file).value();
    return text + read_text(study.path() / "report.json").value() +
           read_text(study.path() / "report.md").value();
  }

  test::TemporaryFolder root_;
  StudyFacts facts_;
  StudyPlan plan_;
  std::map<MusicKind, HeldOut> held_out_;
  RandomWorkshop workshop_{root_ / "models"};
  QueueOptions options_;
};

TEST_F(ArmQueue, FillsSeedsEvenlyAndNeverMakesAnArmTwice) {
  const auto first = work({"mqa", "mha"});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->made, 4U);
  EXPECT_EQ(workshop_.made_,
            (std::vector<std::string>{"mha.seed1", "mqa.seed1", "mha.seed2", "mqa.seed2"}));
  const std::string before = report();

  const auto again = work({"mqa", "mha"});
  EXPECT_EQ(again->made, 0U);
  EXPECT_EQ(again->kept, 4U);
  EXPECT_EQ(report(), before);

  options_.seeds = {1, 2, 3};
  const auto more = work({"mha", "mqa", "as-kvhs-1"});  // a new arm, and a new seed
  EXPECT_EQ(more->made, 5U);
  EXPECT_EQ(more->kept, 4U);
  EXPECT_NE(report(), before);
}

TEST_F(ArmQueue, LeavesARunToTheProcessThatHasIt) {
  options_.seeds = {1};
  const std::string key = folder().key(*plan_.find("mqa"), 1);
  const auto lock = FileLock::take(options_.work / "locks" / work_name("mqa", 1, key));
  ASSERT_TRUE(lock);
  const auto elsewhere = work({"mqa"});
  ASSERT_TRUE(elsewhere) << elsewhere.error().message;
  EXPECT_EQ(elsewhere->left, std::vector<std::string>{"mqa.seed1"});
  facts_.settings.notes *= 2;  // another study, in the same work folder
  const auto other =
      work_through(plan_, {"mqa"}, StudyFolder::open(root_ / "other", facts_).value(), held_out_,
                   workshop_, options_);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->made, 1U);
}

TEST_F(ArmQueue, AReportComesFromWhatIsKeptAlone) {
  ASSERT_TRUE(work({"mha", "mqa", "compound-nested"}));
  const std::string before = report();
  fs::remove_all(root_ / "work");
  fs::remove_all(root_ / "models");
  fs::remove_all(root_ / "music");
  for (const char* file : {"report.md", "report.json"}) fs::remove(root_ / "study" / file);
  EXPECT_EQ(report(), before);
  EXPECT_NE(before.find("fewer than three seeds: no claim"), std::string::npos);
  EXPECT_NE(before.find("mqa - mha"), std::string::npos);
  EXPECT_NE(before.find("Not trained yet."), std::string::npos);
}

TEST_F(ArmQueue, InterruptedItGoesOnToTheSameResults) {
  workshop_.stop_after_ = 2;
  const auto stopped = work({"mha", "mqa"});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kInterrupted);
  workshop_.stop_after_ = 0;
  workshop_.stop.store(false);
  const auto rest = work({"mha", "mqa"});
  EXPECT_EQ(rest->kept, 1U);
  EXPECT_EQ(rest->made, 3U);
  const StudyFolder interrupted = folder();
  const auto results = [&](const StudyFolder& study) {
    std::string text;
    for (const char* arm : {"mha", "mqa"})
      for (ArmResult result : study.results(*plan_.find(arm))) {
        result.seconds = result.writing_seconds = 0;
        text += to_json(result).dump();
      }
    return text;
  };
  const std::string first = results(interrupted);
  fs::remove_all(root_ / "study");
  fs::remove_all(root_ / "work");
  ASSERT_TRUE(work({"mha", "mqa"}));
  EXPECT_EQ(results(folder()), first);
}

TEST_F(ArmQueue, ABudgetStartsNothingThatWouldNotFit) {
  options_.budget_minutes = 0.5;           // half of the estimate for an arm
  const auto some = work({"mha", "mqa"});  // arms without an estimate are started
  ASSERT_TRUE(some);
  EXPECT_EQ(some->made, 1U);
  EXPECT_EQ(some->left, (std::vector<std::string>{"mqa.seed1", "mha.seed2", "mqa.seed2"}));
  EXPECT_GT(some->seconds_left, 0);
  EXPECT_EQ(work({"mha", "mqa"})->made, 0U);
}

TEST_F(ArmQueue, DamagedAndForeignResultsAreMadeAgain) {
  ASSERT_TRUE(work({"mha"}));
  ASSERT_TRUE(write_text(root_ / "study/arms/mha.seed1.json", "{\"key\": 1}").has_value());
  EXPECT_EQ(work({"mha"})->made, 1U);
  auto result = *folder().find(*plan_.find("mha"), 2);
  result.key = "of other data";
  ASSERT_TRUE(folder().keep(result));
  EXPECT_EQ(work({"mha"})->made, 1U);
}

TEST_F(ArmQueue, AFailureEndsTheWorkAndKeepsWhatIsDone) {
  options_.seeds = {1};
  ASSERT_TRUE(work({"mha"}));
  workshop_.fails_ = true;
  const auto failed = work({"mha", "mqa"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "no disk");
  EXPECT_TRUE(folder().find(*plan_.find("mha"), 1));
}

TEST_F(ArmQueue, AFolderHoldsOneStudy) {
  folder();
  facts_.settings.notes += 1;
  const auto other = StudyFolder::open(root_ / "study", facts_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kMismatch);
  facts_.settings.notes -= 1;
  facts_.music[MusicKind::kMultitrack].training = "other music";
  EXPECT_FALSE(StudyFolder::open(root_ / "study", facts_));
  facts_.music = {{MusicKind::kPianoScore, {"a", "b"}}};  // one more kind
  const auto more = StudyFolder::open(root_ / "study", facts_);
  ASSERT_TRUE(more);
  EXPECT_EQ(more->facts().music.size(), 2U);

  EXPECT_FALSE(StudyFolder::read(root_ / "nowhere"));
  ASSERT_TRUE(write_text(root_ / "study/study.json", "{}").has_value());
  EXPECT_FALSE(StudyFolder::read(root_ / "study"));
}

TEST_F(ArmQueue, AStudyWithoutAnArmHasNoReport) { EXPECT_FALSE(read_study(folder())); }

}  // namespace
}  // namespace sage
