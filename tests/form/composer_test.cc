// Forms by a small random model: what comes back is what was there, the rest is new.
#include "form/composer.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "generate/small_engine.h"
#include "score/timeline.h"

namespace sage {
namespace {

using NoteKey = std::tuple<int, std::int64_t, int, std::int64_t>;  // program, onset, pitch, length

FormRequest request_of(std::string_view form, int bars = 4) {
  FormRequest request;
  request.plan = parse_form(form, bars).value();
  request.request.programs = {0, 33};
  request.request.meter = Meter{4, 4};
  request.request.seed = 5;
  request.closes = 3;
  return request;
}

std::shared_ptr<const Engine> engine() {
  static const auto opened = test::small_engine({}, 400);
  return opened;
}

/// Notes of some bars of a section, onsets counted from its beginning; lengths cut at its end.
std::set<NoteKey> notes_of_bars(const FormedPiece& piece, std::size_t section, int first,
                                int count) {
  const PlacedSection& at = piece.sections[section];
  const Tick bar{(at.to - at.from).count / at.section.bars};
  const Tick from = at.from + bar * first, to = from + bar * count;
  std::set<NoteKey> notes;
  for (const Track& track : piece.bars.music.tracks)
    for (const Note& note : track.notes)
      if (note.onset >= from && note.onset < to)
        notes.emplace(track.program_or_drum(), (note.onset - at.from).count, note.pitch,
                      std::min(note.duration, at.to - note.onset).count);
  return notes;
}

TEST(FormComposer, ARepetitionIsTheSameNotes) {
  const FormedPiece piece = compose_form(engine(), request_of("A A B A")).value();
  ASSERT_EQ(piece.sections.size(), 4u);
  EXPECT_FALSE(notes_of_bars(piece, 0, 0, 4).empty());
  EXPECT_EQ(notes_of_bars(piece, 1, 0, 3), notes_of_bars(piece, 0, 0, 3));
  EXPECT_NE(notes_of_bars(piece, 2, 0, 3), notes_of_bars(piece, 0, 0, 3));
  // The last time two bars make an ending.
  EXPECT_EQ(notes_of_bars(piece, 3, 0, 2), notes_of_bars(piece, 0, 0, 2));
  EXPECT_EQ(piece.bars.to, Tick{16 * 48});
  EXPECT_EQ(piece.notes, note_count(piece.bars.music));
  EXPECT_LE(end_of(piece.bars.music), piece.bars.to);
}

TEST(FormComposer, TheSameCloseComesBackToo) {
  const FormedPiece piece = compose_form(engine(), request_of("A B A B A")).value();
  EXPECT_EQ(notes_of_bars(piece, 3, 0, 4), notes_of_bars(piece, 1, 0, 4));
}

TEST(FormComposer, AVariationKeepsItsFirstBarAndWhatTheSimilaritySays) {
  FormRequest request = request_of("A A' B", 8);
  request.similarity = 0.5;
  const FormedPiece piece = compose_form(engine(), request).value();
  EXPECT_EQ(notes_of_bars(piece, 1, 0, 1), notes_of_bars(piece, 0, 0, 1));
  int same = 0;
  for (int bar = 1; bar < 7; ++bar)
    for (const int program : {0, 33}) {
      const auto of_program = [&](std::size_t section) {
        auto notes = notes_of_bars(piece, section, bar, 1);
        std::erase_if(notes, [&](const NoteKey& note) { return std::get<0>(note) != program; });
        return notes;
      };
      same += of_program(0) == of_program(1);
    }
  EXPECT_GE(same, 6);  // of 12
  EXPECT_LT(same, 10);
}

TEST(FormComposer, TheSameSeedGivesTheSamePieceAndAnotherOneDoesNot) {
  FormRequest request = request_of("A B A'");
  const auto notes = [&] { return compose_form(engine(), request).value().bars.music.tracks; };
  const auto first = notes();
  EXPECT_EQ(first, notes());
  ++request.request.seed;
  EXPECT_NE(first, notes());
}

TEST(FormComposer, APromptIsTheBeginning) {
  FormRequest request = request_of("A B A");
  request.request.prompt = test::small_song();  // two bars
  request.request.prompt_bars = 2;
  request.request.programs.clear();
  request.request.meter.reset();
  const FormedPiece piece = compose_form(engine(), request).value();
  EXPECT_EQ(piece.bars.from, Tick{2 * 48});
  for (const Track& track : piece.bars.music.tracks)
    for (const Note& note : track.notes) EXPECT_GE(note.onset, piece.bars.from);
  // The prompt's bars come back in the last section.
  std::set<int> pitches;
  for (const NoteKey& note : notes_of_bars(piece, 2, 0, 2))
    if (std::get<0>(note) == 0) pitches.insert(std::get<2>(note));
  EXPECT_EQ(pitches.size(), 16u);
  EXPECT_EQ(*pitches.begin(), 60);
  EXPECT_TRUE(piece.bars.prompt);
}

TEST(FormComposer, SeveralPartsMayBeOfOneProgram) {
  FormRequest request = request_of("A B");
  request.request.prompt = test::small_song();
  request.request.prompt_bars = 2;
  request.request.programs = {33, 0, 0};
  EXPECT_TRUE(compose_form(engine(), request));
}

TEST(FormComposer, APromptMayFillWholeSectionsButNotAll) {
  FormRequest request = request_of("A1 B1 A1 C2", 1);
  request.request.prompt = test::small_song();
  request.request.prompt_bars = 2;
  request.request.programs.clear();
  request.request.meter.reset();
  EXPECT_TRUE(compose_form(engine(), request));
  request.plan = parse_form("A1 B1").value();
  const auto refused = compose_form(engine(), request);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("nothing left to write"), std::string::npos);
}

TEST(FormComposer, WishesHoldInEverySection) {
  FormRequest request = request_of("A B A'");
  request.request.wishes.key = "C major";
  const FormedPiece piece = compose_form(engine(), request).value();
  for (const Track& track : piece.bars.music.tracks)
    for (const Note& note : track.notes)
      EXPECT_TRUE((0xab5 >> (note.pitch % 12)) & 1) << int(note.pitch);
}

TEST(FormComposer, SectionsAreMarkedInThePiece) {
  const FormedPiece piece = compose_form(engine(), request_of("A1 A1' B2")).value();
  ASSERT_EQ(piece.bars.music.texts.size(), 3u);
  EXPECT_EQ(piece.bars.music.texts[1], (Text{Tick{48}, 6, "A'"}));
}

TEST(FormComposer, StopsWhenAskedTo) {
  const auto stopped =
      compose_form(engine(), request_of("A B A"), [](int done, int) { return done < 5; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kInterrupted);
}

TEST(FormComposer, RefusesWhatItCannotDo) {
  FormRequest request = request_of("A");
  request.similarity = 1.5;
  EXPECT_FALSE(compose_form(engine(), request));
  request = request_of("A");
  request.request.max_notes = 5;
  EXPECT_FALSE(compose_form(engine(), request));
  request = request_of("A");
  request.plan.clear();
  EXPECT_FALSE(compose_form(engine(), request));
}

}  // namespace
}  // namespace sage
