#include "tokens/foreign/miditok.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "base/file.h"

namespace sage {
namespace {

using nlohmann::json;
using Notes = std::vector<std::string>;

/// Character i + 33, as MidiTok gives one to its base token i.
std::string character(std::size_t i) {
  const auto c = static_cast<unsigned>(i + 33);
  if (c < 0x80) return {static_cast<char>(c)};
  return {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
}

/// A tokenizer.json as MidiTok saves it, with these base tokens; merges are pairs of strings over
/// their characters.
struct File {
  std::string tokenization = "REMI";
  json settings = {{"pitch_range", {21, 109}},
                   {"beat_res", {{"0_4", 8}, {"4_12", 4}}},
                   {"num_velocities", 32},
                   {"encode_ids_split", "bar"},
                   {"use_velocities", true},
                   {"use_programs", true},
                   {"use_tempos", true},
                   {"use_time_signatures", true},
                   {"additional_params", {{"max_bar_embedding", nullptr}}}};
  std::vector<std::string> base = {"PAD_None", "BOS_None", "EOS_None", "MASK_None"};
  json merges = json::array();
  json model = {{"type", "BPE"}, {"continuing_subword_prefix", ""}, {"end_of_word_suffix", ""}};
  json pre_tokenizer = nullptr;

  /// The base token's character.
  std::string add(const std::string& token) {
    base.push_back(token);
    return character(base.size() - 1);
  }
  json whole() const {
    json characters, ids;
    for (std::size_t i = 0; i < base.size(); ++i) {
      characters[character(i)] = base[i];
      ids[base[i]] = i;
    }
    json encoder = {{"version", "1.0"}, {"pre_tokenizer", pre_tokenizer}, {"model", model}};
    encoder["model"]["merges"] = merges;
    return {{"config", settings},         {"tokenization", tokenization},
            {"miditok_version", "3.0.4"}, {"_vocab_base", ids},
            {"_model", encoder.dump()},   {"_vocab_base_byte_to_token", characters}};
  }
};

class MidiTok : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) / (std::string(info->name()) + ".json");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  Result<Tokenizer> import_text(const std::string& text) {
    EXPECT_TRUE(write_text(path_, text));
    notes_.clear();
    return import_miditok(path_, notes_);
  }
  Result<Tokenizer> import_file(const File& file) { return import_text(file.whole().dump()); }
  bool noted(const std::string& words) const {
    return std::any_of(notes_.begin(), notes_.end(), [&](const std::string& note) {
      return note.find(words) != std::string::npos;
    });
  }
  void expect_refusal(const Result<Tokenizer>& result, ErrorCode code, const std::string& words) {
    ASSERT_FALSE(result) << words;
    const std::string& message = result.error().message;
    EXPECT_EQ(result.error().code, code) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find(path_.string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), path_.string().size() + 200);
  }

  std::filesystem::path path_;
  Notes notes_;
};

// ----------------------------------------------------------------------------------------------
// import

TEST_F(MidiTok, ConfigWithoutMergesMaps) {
  File file;
  json whole = file.whole();
  for (const char* key : {"_vocab_base", "_model", "_vocab_base_byte_to_token"}) whole.erase(key);
  const auto remi = import_text(whole.dump());
  ASSERT_TRUE(remi) << remi.error().message;
  const TokenizerConfig expected = {
      .scheme = "remi+", .layout = Layout::kCompact, .velocity = true, .grid = 8};
  EXPECT_EQ(remi->config(), expected);
  EXPECT_TRUE(noted("coarser"));
  whole["tokenization"] = "TSD";
  whole["config"]["use_velocities"] = false;
  whole["config"]["beat_res"] = {{"0_12", 24}};
  const auto tsd = import_text(whole.dump());
  ASSERT_TRUE(tsd) << tsd.error().message;
  EXPECT_EQ(tsd->config().scheme, "tsd");
  EXPECT_FALSE(tsd->config().velocity);
  EXPECT_EQ(tsd->config().grid, 24);
  EXPECT_FALSE(noted("coarser"));
  EXPECT_TRUE(noted("there are no bars there"));
  whole["config"] = json::object();  // MidiTok's defaults
  const auto defaults = import_text(whole.dump());
  ASSERT_TRUE(defaults) << defaults.error().message;
  EXPECT_TRUE(defaults->config().velocity);
  EXPECT_EQ(defaults->config().grid, 8);
  EXPECT_TRUE(noted("no Program tokens"));
}

/// What a base token of MidiTok becomes, nothing where it has no counterpart.
struct Meaning {
  std::string token;
  std::optional<TokenEvent> event;
};

TEST_F(MidiTok, BaseTokensAreMappedByMeaning) {
  const Vocabulary vocabulary({.scheme = "remi+", .velocity = true, .grid = 8});
  const auto duration = [&](int steps) {
    return TokenEvent{Kind::kDuration, vocabulary.duration_index(steps)};
  };
  const auto meter = [&](std::uint8_t numerator, std::uint8_t denominator) {
    return TokenEvent{Kind::kTimeSignature, *vocabulary.meter_index({numerator, denominator})};
  };
  const auto tempo = [&](double bpm) {
    return TokenEvent{Kind::kTempo, vocabulary.tempo_index(60e6 / bpm)};
  };
  const std::vector<Meaning> meanings = {
      {"Bar_None", TokenEvent{Kind::kBar}},
      {"Bar_End", {}},
      {"Position_0", TokenEvent{Kind::kPosition, 0}},
      {"Position_31", TokenEvent{Kind::kPosition, 31}},
      {"Position_96", {}},  // beyond the longest bar
      {"Pitch_60", TokenEvent{Kind::kPitch, 60}},
      {"Pitch_128", {}},
      {"PitchDrum_36", TokenEvent{Kind::kDrum, 36}},
      {"Program_-1", TokenEvent{Kind::kProgram, 128}},
      {"Program_0", TokenEvent{Kind::kProgram, 0}},
      {"Program_128", {}},
      {"Velocity_3", TokenEvent{Kind::kVelocity, 0}},
      {"Velocity_63", TokenEvent{Kind::kVelocity, 15}},
      {"Velocity_127", TokenEvent{Kind::kVelocity, 31}},
      {"Duration_0.1.8", duration(1)},
      {"Duration_1.0.8", duration(8)},
      {"Duration_4.0.4", duration(32)},
      {"Duration_1.1.8", {}},  // 9 steps: on the grid, but no duration of the vocabulary
      {"Duration_0.1.3", {}},  // between two steps
      {"Duration_0.0.8", {}},
      {"Duration_0.1.0", {}},
      {"Duration_1.1", {}},
      {"TimeShift_0.1.8", {}},  // no such kind in remi+
      {"TimeSig_4/4", meter(4, 4)},
      {"TimeSig_12/8", meter(12, 8)},
      {"TimeSig_4", {}},
      {"TimeSig_4/3", {}},
      {"TimeSig_99999/4", {}},
      {"Tempo_120.0", tempo(120)},
      {"Tempo_40.0", tempo(40)},
      {"Tempo_240.0", tempo(240)},
      {"Tempo_250.0", {}},  // above the fastest bin
      {"Tempo_nan", {}},
      {"Pedal_0", {}},
      {"Rest_1.0.8", {}},
      {"Pitch_", {}},
      {"Pitch", {}},
      {"", {}}};
  for (const Meaning& meaning : meanings) {
    File file;
    // A merge with a token of known meaning carries the other one over.
    file.merges.push_back({file.add(meaning.token), file.add("Pitch_61")});
    const auto tokenizer = import_file(file);
    ASSERT_TRUE(tokenizer) << meaning.token << ": " << tokenizer.error().message;
    const auto merges = tokenizer->bpe().merges();
    EXPECT_EQ(merges.size(), meaning.event ? 1U : 0U) << meaning.token;
    EXPECT_EQ(noted("1 of 1 merges are left out"), !meaning.event) << meaning.token;
    if (merges.empty() || !meaning.event) continue;
    EXPECT_EQ(tokenizer->vocabulary().event(merges[0].left), *meaning.event) << meaning.token;
  }
}

TEST_F(MidiTok, TimeShiftsOfTsdAreSteps) {
  File file;
  file.tokenization = "TSD";
  const std::string shift = file.add("TimeShift_1.2.8"), too_long = file.add("TimeShift_13.0.4");
  const std::string pitch = file.add("Pitch_60");
  file.merges = json::array({{shift, pitch}, {too_long, pitch}});
  const auto tokenizer = import_file(file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  ASSERT_EQ(tokenizer->bpe().merges().size(), 1U);
  EXPECT_EQ(tokenizer->vocabulary().event(tokenizer->bpe().merges()[0].left),
            (TokenEvent{Kind::kTimeShift, 9}));
}

TEST_F(MidiTok, BothFormsOfMergesAndMergesOfMerges) {
  File file;
  const std::string a = file.add("Pitch_60"), b = file.add("Velocity_127"),
                    c = file.add("Duration_1.0.8");
  for (const bool text : {false, true}) {
    file.merges = json::array();
    for (const auto& [left, right] : {std::pair(a, b), std::pair(a + b, c)})
      file.merges.push_back(text ? json(left + " " + right) : json({left, right}));
    const auto tokenizer = import_file(file);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    const Vocabulary& vocabulary = tokenizer->vocabulary();
    const TokenId first = vocabulary.size();
    const std::vector<Merge> expected = {
        {vocabulary.id(Kind::kPitch, 60), vocabulary.id(Kind::kVelocity, 31)},
        {first, vocabulary.id(Kind::kDuration, vocabulary.duration_index(8))}};
    EXPECT_EQ(tokenizer->config().merges.pairs, expected);
  }
}

TEST_F(MidiTok, WhatHoldsAnUnknownTokenIsLeftOutWithWhatIsBuiltOnIt) {
  File file;
  file.settings["num_velocities"] = 16;
  const std::string pitch = file.add("Pitch_60"), velocity = file.add("Velocity_127"),
                    duration = file.add("Duration_1.0.8"), position = file.add("Position_4"),
                    program = file.add("Program_5");
  file.merges = json::array({{pitch, velocity},
                             {position, program},
                             {pitch + velocity, duration},
                             {position + program, pitch},
                             {position + program, pitch + velocity}});
  const auto tokenizer = import_file(file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const Vocabulary& vocabulary = tokenizer->vocabulary();
  const std::vector<Merge> expected = {
      {vocabulary.id(Kind::kPosition, 4), vocabulary.id(Kind::kProgram, 5)},
      {vocabulary.size(), vocabulary.id(Kind::kPitch, 60)}};
  EXPECT_EQ(tokenizer->config().merges.pairs, expected);
  EXPECT_TRUE(noted("3 of 5 merges are left out"));
  EXPECT_TRUE(noted("without a counterpart here: 1 \"Velocity\""));
  EXPECT_TRUE(noted("32 bins of velocity"));
}

TEST_F(MidiTok, TheMarkOfAWordsStartMeansNothing) {
  File file;
  file.pre_tokenizer = {{"type", "Metaspace"}, {"replacement", "\u2581"}};
  const std::string bar = file.add("Bar_None"), meter = file.add("TimeSig_4/4");
  const std::string mark = "\u2581";
  file.merges = json::array({{mark, bar}, {mark + bar, meter}, {bar, meter}});
  const auto tokenizer = import_file(file);
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const Vocabulary& vocabulary = tokenizer->vocabulary();
  const std::vector<Merge> expected = {
      {vocabulary.id(Kind::kBar),
       vocabulary.id(Kind::kTimeSignature, *vocabulary.meter_index({4, 4}))}};
  EXPECT_EQ(tokenizer->config().merges.pairs, expected);
  EXPECT_TRUE(noted("2 of 3 merges come to the same"));
  file.pre_tokenizer = nullptr;
  expect_refusal(import_file(file), ErrorCode::kMalformed, "merge 0 joins");
}

TEST_F(MidiTok, SplitsBecomeBoundaries) {
  File file;
  file.merges.push_back({file.add("Pitch_60"), file.add("Velocity_3")});
  const std::map<std::string, Boundary> splits = {
      {"no", Boundary::kNone}, {"bar", Boundary::kBar}, {"beat", Boundary::kBeat}};
  for (const auto& [split, boundary] : splits) {
    file.settings["encode_ids_split"] = split;
    EXPECT_EQ(import_file(file).value().config().merges.boundary, boundary) << split;
  }
  file.settings.erase("encode_ids_split");
  EXPECT_EQ(import_file(file).value().config().merges.boundary, Boundary::kNone);
}

TEST_F(MidiTok, NotesSayWhatDiffers) {
  const auto notes_of = [&](const std::string& key, const json& value, const std::string& words) {
    File file;
    file.settings[key] = value;
    ASSERT_TRUE(import_file(file)) << key;
    EXPECT_TRUE(noted(words)) << key;
    EXPECT_FALSE(noted("\n"));
  };
  notes_of("use_programs", false, "no Program tokens");
  notes_of("program_changes", true, "changes in the piece");
  notes_of("program_changes", false, "before every note");
  notes_of("one_token_stream_for_programs", false, "each track is a string");
  notes_of("use_pitchdrum_tokens", false, "drums have Pitch tokens");
  notes_of("use_sustain_pedals", true, "no Pedal tokens");
  notes_of("use_pitch_bends", true, "no PitchBend tokens");
  notes_of("ac_note_density_bar", true, "attribute controls");
  notes_of("use_note_duration_programs", {0, 1, 2}, "have no Duration there");
  notes_of("additional_params", {{"max_bar_embedding", 60}}, "bars are numbered");
}

// ----------------------------------------------------------------------------------------------
// refusals

TEST_F(MidiTok, WhatCannotWorkIsRefusedWithItsReason) {
  const auto refused = [&](const std::string& key, const json& value, const std::string& words) {
    File file;
    file.merges.push_back({file.add("Pitch_60"), file.add("Velocity_3")});
    file.settings[key] = value;
    expect_refusal(import_file(file), ErrorCode::kUnsupported, words);
  };
  refused("use_rests", true, "Rest tokens");
  refused("use_chords", true, "Chord tokens");
  refused("use_pitch_intervals", true, "PitchInterval tokens");
  refused("use_note_duration_programs", json::array(), "no durations");
  refused("beat_res", {{"0_4", 6}}, "6 positions");
  refused("beat_res", {{"0_4", 8}, {"4_12", 32}}, "32 positions");
  refused("beat_res", json::object(), "0 positions");
  refused("encode_ids_split", "a\nnew line", "encode_ids_split");
  for (const char* name : {"MIDILike", "Octuple", "CPWord", "MMM", "PerTok", "REMIPlus", "\n"}) {
    File file;
    file.tokenization = name;
    expect_refusal(import_file(file), ErrorCode::kUnsupported, "REMI and TSD");
  }
  for (const char* type : {"Unigram", "WordPiece"}) {
    File file;
    file.model["type"] = type;
    expect_refusal(import_file(file), ErrorCode::kUnsupported, type);
  }
  File file;
  file.model["end_of_word_suffix"] = "</w>";
  expect_refusal(import_file(file), ErrorCode::kUnsupported, "end_of_word_suffix");
}

TEST_F(MidiTok, BrokenFilesAreRefusedInOneLine) {
  notes_.clear();
  EXPECT_EQ(import_miditok(path_, notes_).error().code, ErrorCode::kIo);  // no such file
  const std::string good = File().whole().dump();
  for (std::size_t size = 0; size < good.size(); size += 7)
    expect_refusal(import_text(good.substr(0, size)), ErrorCode::kMalformed, "not valid JSON");
  expect_refusal(import_text("[]"), ErrorCode::kMalformed, "not a JSON object");
  expect_refusal(import_text("{\"format\": 1}"), ErrorCode::kMalformed,
                 "not a tokenizer of MidiTok");
  expect_refusal(import_text("\xff\xfe{}"), ErrorCode::kMalformed, "not valid JSON");
}

TEST_F(MidiTok, WrongTypesAreRefusedInOneLine) {
  const json good = File().whole();
  for (const json& wrong : {json(nullptr), json(3.5), json("text"), json::array({1})}) {
    for (const char* key : {"config", "tokenization", "_model", "_vocab_base_byte_to_token"}) {
      json whole = good;
      whole[key] = wrong;
      const auto result = import_text(whole.dump());
      ASSERT_FALSE(result) << key << " = " << wrong;
      EXPECT_EQ(result.error().message.find('\n'), std::string::npos) << result.error().message;
    }
    for (const char* key : {"use_rests", "use_programs", "use_velocities", "beat_res",
                            "use_note_duration_programs", "additional_params"}) {
      if (wrong.is_array() && std::string(key) == "use_note_duration_programs") continue;
      json whole = good;
      whole["config"][key] = wrong;
      expect_refusal(import_text(whole.dump()), ErrorCode::kMalformed, "");
    }
  }
  json whole = good;
  whole["_vocab_base_byte_to_token"]["!"] = 3;
  expect_refusal(import_text(whole.dump()), ErrorCode::kMalformed, "has no name");
  for (const char* model :
       {"{}", "[]", "{\"model\": 3}", "{\"model\": {}}", "no",
        "{\"model\": {\"type\": 3, \"merges\": []}}", "{\"model\": {\"merges\": {}}}"}) {
    whole = good;
    whole["_model"] = model;
    expect_refusal(import_text(whole.dump()), ErrorCode::kMalformed, "");
  }
  whole = good;
  whole.erase("_vocab_base_byte_to_token");
  expect_refusal(import_text(whole.dump()), ErrorCode::kMalformed, "_vocab_base_byte_to_token");
  for (const json& merge : {json("ab"), json("a b c"), json({"a"}), json({"a", 3}), json(7)}) {
    File file;
    file.merges.push_back(merge);
    expect_refusal(import_file(file), ErrorCode::kMalformed, "merge 0 is not a pair");
  }
}

TEST_F(MidiTok, NoChangeOfBytesBreaksTheReader) {
  File file;
  file.pre_tokenizer = {{"type", "Metaspace"}};
  const std::string a = file.add("Pitch_60"), b = file.add("Velocity_63");
  file.merges = json::array({{"\u2581", a}, {a, b}, {a + b, a}});
  const std::string good = file.whole().dump();
  ASSERT_TRUE(import_text(good));
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (unsigned n = random() % 3 + 1; n > 0; --n) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0)
        text[at] = "0123456789-_.[]{}\",:\\ax"[random() % 23];
      else
        text.erase(at, random() % 8);
    }
    const auto result = import_text(text);
    const std::string said = result ? "" : result.error().message;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    for (const std::string& note : notes_) EXPECT_EQ(note.find('\n'), std::string::npos);
  }
}

TEST_F(MidiTok, HostileSizesAreRefused) {
  const std::string deep(5'000'000, '[');
  expect_refusal(import_text(deep), ErrorCode::kLimit, "deeper");
  json whole = File().whole();
  whole["_model"] = std::string(5'000'000, '{');
  expect_refusal(import_text(whole.dump()), ErrorCode::kLimit, "deeper");

  File many;
  const std::string a = many.add("Pitch_60"), b = many.add("Pitch_61");
  many.merges = json(std::vector<json>(1'000'000, json(a + " " + b)));
  expect_refusal(import_file(many), ErrorCode::kLimit, "1000000 merges");

  File doubling;  // each merge stands for twice as much as the one before
  std::string text = doubling.add("Pitch_60");
  for (int i = 0; i < 20; ++i) {
    doubling.merges.push_back({text, text});
    text += text;
  }
  const auto result = import_file(doubling);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message.find('\n'), std::string::npos);

  File names;  // many types of token that mean nothing
  for (int i = 0; i < 1000; ++i) names.add("Type" + std::to_string(i) + "_0");
  ASSERT_TRUE(import_file(names));
  for (const std::string& note : notes_) EXPECT_LT(note.size(), 500U);
}

// ----------------------------------------------------------------------------------------------
// export

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
    config.merges = {Boundary::kBeat, random_merges(Vocabulary(config), 300, 7)};
    const auto again = export_and_import(Tokenizer::create(config).value());
    ASSERT_TRUE(again) << describe(config) << ": " << again.error().message;
    config.layout = Layout::kCompact;  // which is not said
    EXPECT_EQ(again->config(), config) << describe(config);
    EXPECT_FALSE(noted("left out"));
  }
}

TEST_F(MidiTokExport, EveryTokenOfNotesAndHeadsHasACounterpart) {
  for (TokenizerConfig config : configs()) {
    const Vocabulary vocabulary(config);
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

// The slow twin: the exported model, applied as the library that MidiTok uses applies it, comes to
// the tokens of this program.
TEST_F(MidiTokExport, TheExportedModelEncodesAsThisProgramDoes) {
  TokenizerConfig config = {.scheme = "remi+", .velocity = true, .grid = 12};
  const Vocabulary vocabulary(config);
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
    config.merges = {Boundary::kBar, random_merges(Vocabulary(config), 50, 1)};
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
    config.merges = {boundary, random_merges(Vocabulary(config), 5, 2)};
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
