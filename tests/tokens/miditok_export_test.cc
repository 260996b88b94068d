// Tokenizers written as MidiTok has them, and read again.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "base/file.h"
#include "tokens/miditok_file.h"

namespace sage {
namespace {

using nlohmann::json;
using test::character;
using test::MidiTok;
using test::Notes;

/// Merges of random pairs: base tokens of notes and heads at first, more and more merges later.
std::vector<Merge> random_merges(const Vocabulary& vocabulary, int count, unsigned seed) {
  std::mt19937 random(seed);
  // MidiTok has bars where it has positions.
  const IdRange positions = vocabulary.range(Kind::kPosition);
  const Kind first = positions.begin < positions.end ? Kind::kBar : Kind::kTimeSignature;
  std::vector<TokenId> sayable;
  for (TokenId id = vocabulary.id(first); id < vocabulary.size(); ++id) sayable.push_back(id);
  std::vector<Merge> merges;
  std::vector<std::vector<TokenId>> said;  // of each sayable token; one merge a string
  for (const TokenId id : sayable) said.push_back({id});
  while (static_cast<int>(merges.size()) < count) {
    const auto pick = [&] { return random() % sayable.size(); };
    const std::size_t left = pick(), right = pick();
    std::vector<TokenId> both = said[left];
    both.insert(both.end(), said[right].begin(), said[right].end());
    if (both.size() > 64 || std::find(said.begin(), said.end(), both) != said.end()) continue;
    merges.push_back({sayable[left], sayable[right]});
    sayable.push_back(vocabulary.size() + static_cast<TokenId>(merges.size()) - 1);
    said.push_back(both);
  }
  return merges;
}

class MidiTokExport : public MidiTok {
 protected:
  static std::vector<TokenizerConfig> configs() {
    std::vector<TokenizerConfig> all;
    for (const char* scheme : {"remi+", "tsd"})
      for (const Layout layout : {Layout::kFull, Layout::kCompact})
        for (const bool velocity : {false, true})
          for (const int grid : {4, 8, 12, 16, 24}) all.push_back({scheme, layout, velocity, grid});
    return all;
  }
  Result<Tokenizer> export_and_import(const Tokenizer& tokenizer) {
    Notes notes;
    const auto written = export_miditok(path_, tokenizer, notes);
    if (!written) return tl::unexpected(written.error());
    exported_ = notes;
    notes_.clear();
    return import_miditok(path_, notes_);
  }
  Notes exported_;
};

TEST_F(MidiTokExport, ImportedAgainTheMergesAreTheSame) {
  for (TokenizerConfig config : configs()) {
    config.merges = {Boundary::kBeat, random_merges(base_vocabulary(config), 300, 7)};
    const auto again = export_and_import(Tokenizer::create(config).value());
    ASSERT_TRUE(again) << describe(config) << ": " << again.error().message;
    config.layout = Layout::kCompact;  // which the file does not store
    EXPECT_EQ(again->config(), config) << describe(config);
    EXPECT_FALSE(noted("left out"));
  }
}

TEST_F(MidiTokExport, EveryTokenOfNotesAndHeadsHasACounterpart) {
  for (TokenizerConfig config : configs()) {
    const Vocabulary vocabulary = base_vocabulary(config);
    const TokenId drum = vocabulary.id(Kind::kDrum, 35);
    for (TokenId id = 0; id < vocabulary.size(); ++id) config.merges.pairs.push_back({id, drum});
    const auto again = export_and_import(Tokenizer::create(config).value());
    ASSERT_TRUE(again) << describe(config) << ": " << again.error().message;
    const bool bars = config.scheme == "remi+";
    std::vector<Merge> expected = config.merges.pairs;
    std::erase_if(expected, [&](Merge merge) {
      const Kind kind = vocabulary.event(merge.left).kind;
      return kind < Kind::kBar || (kind == Kind::kBar && !bars);
    });
    EXPECT_EQ(again->config().merges.pairs, expected) << describe(config);
    const std::string left_out = std::to_string(config.merges.pairs.size() - expected.size());
    EXPECT_TRUE(std::any_of(exported_.begin(), exported_.end(), [&](const std::string& note) {
      return note.starts_with(left_out + " merges are left out");
    }));
  }
}

/// What Hugging Face's byte pair encoding makes of a word: the merge of lowest rank first, and of
/// several such pairs the leftmost.
std::vector<std::string> encode(std::vector<std::string> word,
                                const std::map<std::pair<std::string, std::string>, int>& ranks) {
  for (;;) {
    int best = std::numeric_limits<int>::max();
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const auto found = ranks.find({word[i], word[i + 1]});
      if (found == ranks.end() || found->second >= best) continue;
      best = found->second;
      at = i;
    }
    if (best == std::numeric_limits<int>::max()) return word;
    word[at] += word[at + 1];
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

// Reference: the exported model, applied like the library that MidiTok uses, gives
// the tokens of this program.
TEST_F(MidiTokExport, TheExportedModelEncodesAsThisProgramDoes) {
  TokenizerConfig config = {.scheme = "remi+", .velocity = true, .grid = 12};
  const Vocabulary vocabulary = base_vocabulary(config);
  // Few base tokens, so that merges meet often.
  const std::vector<std::pair<TokenId, std::string>> base = {
      {vocabulary.id(Kind::kPosition, 6), "Position_6"},
      {vocabulary.id(Kind::kPitch, 60), "Pitch_60"},
      {vocabulary.id(Kind::kVelocity, 15), "Velocity_63"},
      {vocabulary.id(Kind::kDuration, vocabulary.duration_index(12)), "Duration_1.0.12"}};
  const TokenId first = vocabulary.size();
  const TokenId a = base[0].first, b = base[1].first, c = base[2].first, d = base[3].first;
  config.merges = {Boundary::kBar,
                   {{b, c}, {first, d}, {a, b}, {first + 1, first + 1}, {c, d}, {d, d}, {a, a}}};
  const Tokenizer tokenizer = Tokenizer::create(config).value();
  Notes notes;
  ASSERT_TRUE(export_miditok(path_, tokenizer, notes));
  const json file = json::parse(read_text(path_).value());
  const json model = json::parse(file["_model"].get<std::string>())["model"];
  std::map<std::pair<std::string, std::string>, int> ranks;
  for (const json& merge : model["merges"]) {
    const auto text = merge.get<std::string>();
    const std::size_t gap = text.find(' ');
    ranks.emplace(std::pair(text.substr(0, gap), text.substr(gap + 1)), ranks.size());
  }
  std::map<std::string, TokenId> of_character;
  std::map<TokenId, std::string> character_of;
  for (const auto& [sign, token] : file["_vocab_base_byte_to_token"].items())
    for (const auto& [id, name] : base)
      if (token == name) of_character[sign] = id, character_of[id] = sign;
  ASSERT_EQ(of_character.size(), base.size());
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<TokenId> ids = {vocabulary.id(Kind::kBar)};
    std::vector<std::string> word;
    for (unsigned n = random() % 40; n > 0; --n) {
      ids.push_back(base[random() % base.size()].first);
      word.push_back(character_of[ids.back()]);
    }
    const std::vector<TokenId> ours = tokenizer.merge(ids);
    const std::vector<std::string> theirs = encode(word, ranks);
    ASSERT_EQ(ours.size(), theirs.size() + 1);
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      std::string spelled;
      for (const TokenId id : tokenizer.expansion(ours[i + 1])) spelled += character_of[id];
      EXPECT_EQ(spelled, theirs[i]);
      EXPECT_TRUE(model["vocab"].contains(theirs[i]));
    }
  }
}

TEST_F(MidiTokExport, TheFileIsWhatMidiTokExpects) {
  for (const char* scheme : {"remi+", "tsd"}) {
    TokenizerConfig config = {.scheme = scheme, .velocity = true, .grid = 12};
    config.merges = {Boundary::kBar, random_merges(base_vocabulary(config), 50, 1)};
    Notes notes;
    ASSERT_TRUE(export_miditok(path_, Tokenizer::create(config).value(), notes));
    const auto text = read_text(path_).value();
    const auto file = nlohmann::ordered_json::parse(text);
    // The loader takes keys in the order of the file: the characters need vocabulary and model.
    std::vector<std::string> keys;
    for (const auto& [key, value] : file.items()) keys.push_back(key);
    EXPECT_EQ(keys,
              (std::vector<std::string>{"config", "tokenization", "miditok_version", "_vocab_base",
                                        "_model", "_vocab_base_byte_to_token"}));
    EXPECT_TRUE(std::all_of(text.begin(), text.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
    const json base = file["_vocab_base"], characters = file["_vocab_base_byte_to_token"];
    EXPECT_EQ(base.size(), characters.size());
    for (const auto& [sign, token] : characters.items())
      EXPECT_EQ(character(base.at(token.get<std::string>()).get<std::size_t>()), sign);
    EXPECT_EQ(base["PAD_None"], 0);
    EXPECT_EQ(base.contains("Bar_None"), config.scheme == "remi+");
    EXPECT_EQ(base.contains("TimeShift_1.0.12"), config.scheme == "tsd");
    for (const char* token : {"Tempo_24.0", "Tempo_240.0", "Velocity_3", "Velocity_127",
                              "Program_-1", "TimeSig_6/8", "Duration_64.0.1"})
      EXPECT_TRUE(base.contains(token)) << token;
    // Ids of the model: base tokens, then merges, with no gap; every merge of known tokens.
    const json vocab = json::parse(file["_model"].get<std::string>())["model"]["vocab"];
    std::vector<std::string> by_id(vocab.size());
    for (const auto& [sign, id] : vocab.items()) by_id.at(id.get<std::size_t>()) = sign;
    for (std::size_t i = 0; i < base.size(); ++i) EXPECT_EQ(by_id[i], character(i));
    EXPECT_EQ(vocab.size(), base.size() + 50);
    EXPECT_EQ(std::count(by_id.begin(), by_id.end(), ""), 0);
  }
}

TEST_F(MidiTokExport, WithoutMergesTheConfigSaysAll) {
  for (const TokenizerConfig& config : configs()) {
    const auto again = export_and_import(Tokenizer::create(config).value());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->config().scheme, config.scheme);
    EXPECT_EQ(again->config().velocity, config.velocity);
    EXPECT_EQ(again->config().grid, config.grid);
    EXPECT_FALSE(again->has_merges());
    EXPECT_FALSE(json::parse(read_text(path_).value()).contains("_model"));
  }
}

TEST_F(MidiTokExport, BoundariesBecomeSplits) {
  const std::map<Boundary, std::string> splits = {{Boundary::kNone, "no"},
                                                  {Boundary::kBar, "bar"},
                                                  {Boundary::kBeat, "beat"},
                                                  {Boundary::kPosition, "beat"},
                                                  {Boundary::kNote, "beat"}};
  for (const auto& [boundary, split] : splits) {
    TokenizerConfig config = {.scheme = "remi+"};
    config.merges = {boundary, random_merges(base_vocabulary(config), 5, 2)};
    ASSERT_TRUE(export_and_import(Tokenizer::create(config).value()));
    EXPECT_EQ(json::parse(read_text(path_).value())["config"]["encode_ids_split"], split);
    const bool said = std::any_of(exported_.begin(), exported_.end(), [](const std::string& note) {
      return note.find("does not split") != std::string::npos;
    });
    EXPECT_EQ(said, boundary == Boundary::kPosition || boundary == Boundary::kNote);
  }
}

TEST_F(MidiTokExport, OtherSchemesAreRefused) {
  for (const Tokenization* scheme : tokenization_registry()) {
    if (scheme->name() == "remi+" || scheme->name() == "tsd") continue;
    Notes notes;
    const auto result = export_miditok(
        path_, Tokenizer::create({.scheme = std::string(scheme->name())}).value(), notes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
    EXPECT_FALSE(std::filesystem::exists(path_));
  }
}

}  // namespace
}  // namespace sage
