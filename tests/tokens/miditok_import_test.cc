// Tokenizers of MidiTok read: what maps, what is noted, what is refused.
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
using test::File;
using test::MidiTok;
using test::Notes;

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
  const Vocabulary vocabulary = base_vocabulary({.scheme = "remi+", .velocity = true, .grid = 8});
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

  File doubling;  // each merge is twice as long as the one before
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

}  // namespace
}  // namespace sage
