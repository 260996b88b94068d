// Every verb of the registry, with a small random model: what it may not touch stays, and what it
// promises holds.
#include "verbs/verb.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "generate/small_engine.h"
#include "midi/reader.h"
#include "score/harmony.h"
#include "score/timeline.h"

namespace sage {
namespace {

/// Eight bars: a scale, a bass on every quarter, and a kick on every half.
Score song() {
  Score score;
  score.tracks.resize(3);
  score.tracks[1].program = 33;
  score.tracks[2].is_drum = true;
  static constexpr int kScale[] = {60, 62, 64, 65, 67, 69, 71, 72};
  for (int i = 0; i < 64; ++i)
    score.tracks[0].notes.push_back(
        {{240 * i}, {240}, static_cast<std::uint8_t>(kScale[(i * 3) % 8]), 90});
  for (int i = 0; i < 32; ++i)
    score.tracks[1].notes.push_back({{480 * i}, {480}, static_cast<std::uint8_t>(36 + i % 5), 70});
  for (int i = 0; i < 16; ++i) score.tracks[2].notes.push_back({{960 * i}, {240}, 36, 100});
  return score;
}

const Verb& verb_of(std::string_view name) {
  for (const Verb* verb : verb_registry())
    if (verb->name == name) return *verb;
  ADD_FAILURE() << "no verb is called " << name;
  return *verb_registry().front();
}

VerbOutcome run(std::string_view name, const VerbRequest& request, const Score& score = song()) {
  static const auto engine = test::small_engine({}, 400);
  const auto document = document_of(score).value();
  auto outcome = verb_of(name).run(engine, document, request, {});
  if (!outcome) {
    ADD_FAILURE() << name << ": " << outcome.error().message;
    return {};
  }
  return *outcome;
}

Score score_of(const VerbOutcome& outcome) { return read_midi(outcome.bytes).value().score; }

std::vector<Note> notes_outside(const Track& track, Tick from, Tick to) {
  std::vector<Note> notes = track.notes;
  std::erase_if(notes, [&](const Note& note) { return note.onset >= from && note.onset < to; });
  return notes;
}

constexpr Tick kBar{1920};

TEST(Fill, ChangesNothingOutsideItsRectangles) {
  VerbRequest request;
  request.takes = 1;
  request.rectangles = {{2, 2, {0}}, {5, 1, {1, 2}}};
  const VerbOutcome outcome = run("fill", request);
  const Score before = song(), after = score_of(outcome);
  ASSERT_EQ(after.tracks.size(), 3U);
  EXPECT_EQ(notes_outside(after.tracks[0], kBar * 2, kBar * 4),
            notes_outside(before.tracks[0], kBar * 2, kBar * 4));
  EXPECT_EQ(notes_outside(after.tracks[1], kBar * 5, kBar * 6),
            notes_outside(before.tracks[1], kBar * 5, kBar * 6));
  EXPECT_NE(after, before);
  EXPECT_EQ(run("fill", request).bytes, outcome.bytes);  // the same seed
}

TEST(Fill, KeepsAWishForTheSecondPartOfAnInstrumentToo) {
  Score two_pianos = song();
  two_pianos.tracks[1].program = 0;
  VerbRequest request;
  request.takes = 1;
  request.parts = {1};
  request.wishes.ranges = {{0, {84, 88}}};
  request.wishes.rhythm = {{0, "x."}};  // so that there are notes
  const Score after = score_of(run("fill", request, two_pianos));
  ASSERT_EQ(after.tracks.size(), 3U);
  EXPECT_EQ(after.tracks[0].notes, two_pianos.tracks[0].notes);
  ASSERT_GE(after.tracks[1].notes.size(), 8U);
  for (const Note& note : after.tracks[1].notes) EXPECT_TRUE(note.pitch >= 84 && note.pitch <= 88);
}

TEST(Vary, KeepsAboutAsMuchAsWasAskedFor) {
  for (const double asked : {0.2, 0.5, 0.8}) {
    VerbRequest request;
    request.similarity = asked;
    request.parts = {0, 1};
    const VerbOutcome outcome = run("vary", request);
    ASSERT_TRUE(outcome.similarity);
    EXPECT_NEAR(*outcome.similarity, asked, 0.15);
    const Score before = song(), after = score_of(outcome);
    EXPECT_EQ(after.tracks[2].notes, before.tracks[2].notes);
    // What is kept is kept in all: time, length and loudness.
    for (const WrittenPart& part : outcome.parts) {
      const auto& old = before.tracks[part.part.value()].notes;
      const auto& now = after.tracks[part.part.value()].notes;
      const auto same = std::count_if(old.begin(), old.end(), [&](const Note& note) {
        return std::find(now.begin(), now.end(), note) != now.end();
      });
      EXPECT_GE(static_cast<std::size_t>(same), part.kept) << part.title;
      if (asked >= 0.5) EXPECT_GT(part.kept, 0U) << part.title;
    }
  }
  VerbRequest all;
  all.similarity = 1;
  const VerbOutcome same = run("vary", all);
  EXPECT_DOUBLE_EQ(same.similarity.value_or(0), 1.0);
  EXPECT_EQ(same.notes, 0U);
  EXPECT_EQ(same.bytes, document_of(song()).value().write());
}

TEST(Accompany, AddsInstrumentsThatFollowTheChords) {
  VerbRequest request;
  request.takes = 1;
  request.instruments = {0};
  request.wishes.chords = "C | F";
  request.wishes.strict_chords = true;
  request.wishes.rhythm = {{0, "x.x."}};
  Score lead = song();
  lead.tracks.resize(1);
  lead.tracks[0].program = 73;
  const VerbOutcome outcome = run("accompany", request, lead);
  const Score after = score_of(outcome);
  ASSERT_EQ(after.tracks.size(), 2U);
  EXPECT_EQ(after.tracks[0].notes, lead.tracks[0].notes);
  ASSERT_GE(after.tracks[1].notes.size(), 16U);
  const Progression chords = parse_progression("C | F").value();
  for (const Note& note : after.tracks[1].notes) {
    const auto bar = static_cast<std::size_t>(note.onset.count / kBar.count);
    EXPECT_TRUE(chords[bar % 2].front().tones.test(note.pitch % 12U));
  }
}

TEST(Harmonize, FindsChordsAndPlaysThem) {
  VerbRequest request;
  request.takes = 1;
  request.wishes.rhythm = {{0, "x."}};
  Score lead = song();
  lead.tracks.resize(1);
  lead.tracks[0].program = 73;
  const VerbOutcome outcome = run("harmonize", request, lead);
  const Progression chords = parse_progression(outcome.chords).value();
  EXPECT_EQ(chords.size(), 8U);
  const Score after = score_of(outcome);
  ASSERT_EQ(after.tracks.size(), 2U);
  for (const Note& note : after.tracks[1].notes) {
    const auto bar = static_cast<std::size_t>(note.onset.count / kBar.count);
    EXPECT_TRUE(chords[bar].front().tones.test(note.pitch % 12U));
  }
}

TEST(Reharmonize, KeepsTheMelodyAndTheDrums) {
  VerbRequest request;
  request.takes = 1;
  request.wishes.rhythm = {{33, "x."}};
  const VerbOutcome outcome = run("reharmonize", request);
  const Score before = song(), after = score_of(outcome);
  EXPECT_EQ(after.tracks[0].notes, before.tracks[0].notes);
  EXPECT_EQ(after.tracks[2].notes, before.tracks[2].notes);
  EXPECT_NE(after.tracks[1].notes, before.tracks[1].notes);
  EXPECT_EQ(parse_progression(outcome.chords)->size(), 8U);
}

TEST(Arrange, GivesTheMelodyToTheFirstInstrument) {
  VerbRequest request;
  request.takes = 1;
  request.instruments = {40, 42};
  request.wishes.rhythm = {{42, "x."}};
  const Score after = score_of(run("arrange", request));
  ASSERT_EQ(after.tracks.size(), 2U);
  EXPECT_EQ(after.tracks[0].program, 40);
  EXPECT_EQ(after.tracks[0].notes.size(), 64U);
  EXPECT_EQ(after.tracks[1].program, 42);
}

TEST(Loop, IsAsLongAsItsBarsAndChangesTheLastAlone) {
  VerbRequest request;
  request.takes = 1;
  request.first_bar = 2;
  request.bars = 4;
  const Score before = song(), after = score_of(run("loop", request));
  EXPECT_LE(end_of(after), kBar * 4);
  for (const Track& track : after.tracks)
    for (const Track& old : before.tracks) {
      if (old.program_or_drum() != track.program_or_drum()) continue;
      std::vector<Note> expected, got;
      for (Note note : old.notes)
        if (note.onset >= kBar * 2 && note.onset < kBar * 5) {
          note.onset = note.onset - kBar * 2;
          expected.push_back(note);
        }
      for (const Note& note : track.notes)
        if (note.onset < kBar * 3) got.push_back(note);
      EXPECT_EQ(got, expected);
    }
}

TEST(End, WritesBarsBehindTheLastOne) {
  VerbRequest request;
  request.bars = 2;
  const Score before = song(), after = score_of(run("end", request));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(notes_outside(after.tracks[i], kBar * 8, kBar * 100), before.tracks[i].notes);
  for (const Track& track : after.tracks)
    for (const Note& note : track.notes) EXPECT_LT(note.onset, kBar * 10);
}

TEST(Verbs, RefuseBarsThatAreNotThere) {
  static const auto engine = test::small_engine({}, 400);
  const auto document = document_of(song()).value();
  for (const std::string_view name : {"fill", "vary", "accompany", "loop"}) {
    VerbRequest request;
    request.first_bar = 99;
    request.instruments = {0};
    EXPECT_FALSE(verb_of(name).run(engine, document, request, {})) << name;
  }
}

}  // namespace
}  // namespace sage
