// The heads commands: they work, and report errors in one line.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "generate/small_engine.h"
#include "midi/writer.h"
#include "program.h"

namespace sage {
namespace {

using test::run_program;
using test::Scratch;

/// A random model on disk, with a tokenizer.
void write_model(const std::string& path, const std::string& attention, std::uint64_t seed) {
  const auto tokenizer = Tokenizer::create({}).value();
  ModelConfig config = shape_config("tiny").value();
  config.context = config.window = 128;
  config.attention = attention;
  config.kv_heads = make_attention(attention, config.heads, 0, kAttributeCount)->kv_heads;
  describe_vocabulary(tokenizer, config);
  const auto weights = Weights::random(config, WeightType::kF32, seed).value();
  Metadata metadata = weights->metadata();
  metadata[std::string(kTokenizerKey)] = to_json(tokenizer.config()).dump();
  ASSERT_TRUE(save_weights(path, config, metadata, weights->tensors()));
}

struct Music {
  Scratch scratch;
  Music() {
    std::filesystem::create_directories(scratch.path("music"));
    EXPECT_TRUE(write_midi_file(test::small_song(), scratch.path("music/song.mid")));
  }
  std::string path(const std::string& name) const { return scratch.path(name); }
};

TEST(Heads, FromMhaToAMergedModelThatPlays) {
  const Music at;
  const std::string mha = at.path("mha.safetensors"), merged = at.path("merged.safetensors");
  write_model(mha, "mha", 1);
  const auto measured =
      run_program({"heads", "measure", mha, "--data", at.path("music"), "-o", at.path("heads.json"),
                   "--svg", at.path("heads.svg"), "--json"});
  ASSERT_EQ(measured.code, 0) << measured.err;
  const auto table = measured.json();
  ASSERT_EQ(table["heads"].size(), 8u);
  double sum = 0;
  for (const auto& [name, share] : table["heads"][0]["keys"].items()) sum += share.get<double>();
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_TRUE(std::filesystem::exists(at.path("heads.svg")));

  const auto done = run_program({"heads", "merge", mha, "--measurement", at.path("heads.json"),
                                 "--kv-heads", "5", "-o", merged});
  ASSERT_EQ(done.code, 0) << done.err;
  const auto shown = run_program({"inspect", merged, "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(shown.json()["config"]["attention"], "as-kvhs-merged");
  EXPECT_EQ(shown.json()["config"]["kv_groups"].size(), 2u);
  const auto played = run_program({"generate", "--model", merged, "--bars", "2", "--max-notes",
                                   "20", "-o", at.path("out.mid")});
  EXPECT_EQ(played.code, 0) << played.err;
  const auto narrow = run_program(
      {"quantize", merged, "--data", at.path("music"), "-o", at.path("int8.safetensors")});
  EXPECT_EQ(narrow.code, 0) << narrow.err;
  // What was merged can be measured again, and not merged again.
  EXPECT_EQ(
      run_program({"heads", "measure", at.path("int8.safetensors"), "--data", at.path("music")})
          .code,
      0);
  const auto again = run_program({"heads", "merge", merged, "--grouping", "neighbours",
                                  "--layer-heads", "1", "-o", at.path("x.safetensors")});
  EXPECT_EQ(again.code, 1);
  EXPECT_TRUE(again.one_line()) << again.err;
  const auto neighbours = run_program({"heads", "merge", mha, "--grouping", "neighbours",
                                       "--layer-heads", "2,1", "-o", at.path("n.safetensors")});
  EXPECT_EQ(neighbours.code, 0) << neighbours.err;
  EXPECT_NE(neighbours.out.find("{0 1} {2 3}"), std::string::npos) << neighbours.out;
}

TEST(Heads, SayWhatIsWrongInOneLine) {
  const Music at;
  const std::string mha = at.path("mha.safetensors"), gqa = at.path("gqa.safetensors");
  const std::string other = at.path("other.safetensors"), json = at.path("heads.json");
  write_model(mha, "mha", 1);
  write_model(other, "mha", 2);
  write_model(gqa, "gqa", 1);
  std::ofstream(at.path("broken.json")) << "{\"format\": 1}";
  ASSERT_EQ(run_program({"heads", "measure", other, "--data", at.path("music"), "-o", json}).code,
            0);
  const auto refuses = [&](int code, const std::string& words,
                           const std::vector<std::string>& arguments) {
    const auto ran = run_program(arguments);
    EXPECT_EQ(ran.code, code) << ran.err;
    if (code == 1) {
      EXPECT_TRUE(ran.one_line()) << ran.err;
    }
    EXPECT_NE(ran.err.find(words), std::string::npos) << ran.err;
  };
  const std::string out = at.path("out.safetensors");
  refuses(1, "another model",
          {"heads", "merge", mha, "--measurement", json, "--kv-heads", "4", "-o", out});
  refuses(1, "only the heads of an mha model",
          {"heads", "merge", gqa, "--measurement", json, "--kv-heads", "4", "-o", out});
  refuses(1, "not a measurement",
          {"heads", "merge", mha, "--measurement", at.path("broken.json"), "--kv-heads", "4", "-o",
           out});
  refuses(1, "in one way", {"heads", "merge", other, "--measurement", json, "-o", out});
  refuses(1, "2 to 8 K/V heads",
          {"heads", "merge", other, "--measurement", json, "--kv-heads", "9", "-o", out});
  refuses(2, "--measurement", {"heads", "merge", mha, "--kv-heads", "4", "-o", out});
  refuses(1, "no file or folder", {"heads", "measure", mha, "--data", at.path("music/none")});
  refuses(1, "nix", {"heads", "measure", at.path("nix"), "--data", at.path("music")});
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace sage
