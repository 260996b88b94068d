#include "eval/holes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "eval/hole_plan.h"
#include "folders.h"
#include "random_music.h"

namespace sage {
namespace {

using test::random_song;

Piece piece_of_song(std::uint64_t seed, int bars) {
  return on_grid(random_song(seed, bars)).value();
}

PieceHole infill_hole(const Piece& piece, std::size_t bars, std::uint64_t seed) {
  return make_hole(piece, HoleTask::kInfill, bars, seed).value();
}

TEST(Holes, OfInfillHaveMusicBeforeAndBehind) {
  const Piece piece = piece_of_song(1, 12);
  std::set<HoleKind> kinds;
  std::set<std::size_t> places;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const PieceHole hole = infill_hole(piece, 3, seed);
    kinds.insert(hole.kind);
    places.insert(hole.first_bar);
    EXPECT_EQ(hole.bars, 3u);
    EXPECT_GE(hole.first_bar, 3u);
    EXPECT_LE(hole.first_bar, 12u - 3 - 1);
    EXPECT_FALSE(hole.given);
    EXPECT_EQ(programs_playing(in_hole(piece, hole)), hole.programs);
    const std::size_t count = hole.programs.size();
    EXPECT_EQ(count, hole.kind == HoleKind::kBars ? 3u : hole.kind == HoleKind::kPart ? 1u : 2u);
    EXPECT_EQ(hole, infill_hole(piece, 3, seed));
  }
  EXPECT_EQ(kinds.size(), 3u);
  EXPECT_EQ(places.size(), 6u);
}

TEST(Holes, OfASoloAreBars) {
  Score solo = random_song(1, 12);
  solo.tracks.resize(1);
  const Piece piece = on_grid(solo).value();
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    EXPECT_EQ(infill_hole(piece, 2, seed).kind, HoleKind::kBars);
}

TEST(Holes, OfAccompanimentGiveOnePitchedPart) {
  const Piece piece = piece_of_song(1, 24);
  std::set<int> given;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const PieceHole hole = make_hole(piece, HoleTask::kAccompany, 16, seed).value();
    EXPECT_EQ(hole.kind, HoleKind::kOthers);
    EXPECT_EQ(hole.bars, 16u);
    given.insert(hole.given.value());
    EXPECT_EQ(hole.programs.size(), 2u);
    for (const int program : hole.programs) EXPECT_NE(program, hole.given);
  }
  EXPECT_EQ(given, (std::set<int>{0, 33}));  // melody and bass, not the drums
}

TEST(Holes, OfAccompanimentWantAPartThatPlaysThroughout) {
  Score score = random_song(1, 16);
  std::erase_if(score.tracks[0].notes, [](const Note& n) { return n.onset >= Tick{1920 * 7}; });
  const Piece piece = on_grid(score).value();
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    EXPECT_EQ(make_hole(piece, HoleTask::kAccompany, 16, seed)->given, 33);
  score.tracks.erase(score.tracks.begin() + 1);
  EXPECT_FALSE(make_hole(on_grid(score).value(), HoleTask::kAccompany, 16, 0));
}

TEST(Holes, ShortOrLonelyPiecesHaveNone) {
  EXPECT_FALSE(make_hole(piece_of_song(1, 8), HoleTask::kInfill, 4, 0));
  EXPECT_TRUE(make_hole(piece_of_song(1, 9), HoleTask::kInfill, 4, 0));
  EXPECT_EQ(make_hole(piece_of_song(1, 5), HoleTask::kAccompany, 16, 0)->bars, 5u);
  Score solo = random_song(1, 20);
  solo.tracks.resize(1);
  EXPECT_FALSE(make_hole(on_grid(solo).value(), HoleTask::kAccompany, 16, 0));
}

/// Any piece of real shape, and a hole in it where there is room for one.
RC_GTEST_PROP(Holes, APieceIsItsHoleAndItsRest, ()) {
  const Score score = *test::any_score();
  const Piece piece = on_grid(score).value();
  const HoleTask task = *rc::gen::element(HoleTask::kInfill, HoleTask::kAccompany);
  const auto hole = make_hole(piece, task, *rc::gen::inRange<std::size_t>(1, 5),
                              *rc::gen::arbitrary<std::uint32_t>());
  if (!hole) return;  // not every piece has room for one
  RC_ASSERT(check_hole(piece, *hole).has_value());
  RC_ASSERT(compare_rest(piece, piece, *hole).violations() == 0u);
  const Piece inside = in_hole(piece, *hole);
  RC_ASSERT(inside.bars.size() == hole->bars);
  RC_ASSERT(programs_playing(inside) == hole->programs);
  // What is left has all the rest and no note of the hole, and still reaches into its last bar.
  const Piece left = on_grid(with_hole(score, piece, *hole)).value();
  RC_ASSERT(compare_rest(left, piece, *hole).violations() == 0u);
  RC_ASSERT(note_count(in_hole(left, *hole).score) == 0u);
  RC_ASSERT(left.bars.size() >= hole->first_bar + hole->bars);
  if (!hole->given)
    RC_ASSERT(compare_rest(piece, piece, *hole).notes + note_count(inside.score) ==
              note_count(piece.score));
}

TEST(Rest, CountsWhatWasTouched) {
  const Score score = random_song(3, 12);
  const Piece piece = on_grid(score).value();
  PieceHole hole{HoleKind::kPart, 4, 2, {0}, {}};
  Score output = score;
  for (Note& note : output.tracks[0].notes)  // anything may happen in the hole
    if (note.onset >= Tick{1920 * 4} && note.onset < Tick{1920 * 6}) note.pitch = 99;
  EXPECT_EQ(compare_rest(on_grid(output).value(), piece, hole).violations(), 0u);
  output.tracks[1].notes[0].pitch += 1;                                  // one lost, one added
  output.tracks[1].notes[1].duration = Tick{480};                        // another length
  output.tracks[2].notes.push_back({Tick{1920 * 5}, Tick{60}, 50, 90});  // not the hole's program
  output.tracks[0].notes.erase(output.tracks[0].notes.begin());
  const Rest rest = compare_rest(on_grid(output).value(), piece, hole);
  EXPECT_EQ(rest.lost, 2u);
  EXPECT_EQ(rest.added, 2u);
  EXPECT_EQ(rest.changed, 1u);
  EXPECT_EQ(rest.notes, note_count(piece.score) - note_count(in_hole(piece, hole).score));

  // Of an accompaniment only the given part has to stay.
  hole = {HoleKind::kOthers, 4, 2, {0, kDrumProgram}, 33};
  EXPECT_EQ(compare_rest(on_grid(output).value(), piece, hole).violations(), 3u);
}

TEST(Holes, WhatSoundsBesideThem) {
  Score score = random_song(1, 12);
  score.tracks[0].notes.push_back({Tick{1920 * 3}, Tick{1920 * 2}, 100, 90});  // into the hole
  normalise(score);
  const Piece piece = on_grid(score).value();
  const PieceHole hole{HoleKind::kPart, 4, 2, {0}, {}};
  const Piece beside = beside_hole(piece, hole);
  const std::size_t bars = 2;
  ASSERT_EQ(beside.bars.size(), bars);
  ASSERT_EQ(beside.score.tracks.size(), 3u);
  // Of the hole's own instrument only what began before it; of the others what plays there.
  const std::vector<Note>& own = beside.score.tracks[0].notes;
  EXPECT_NE(std::find(own.begin(), own.end(), Note{Tick{0}, Tick{48}, 100, 90}), own.end());
  for (const Note& note : own) EXPECT_EQ(note.onset, Tick{0});
  EXPECT_EQ(beside.score.tracks[1].notes.size(), bars);
  EXPECT_EQ(beside.score.tracks[2].notes.size(), 4 * bars);
  // To an accompaniment only the given part is kept.
  const Piece given = beside_hole(piece, {HoleKind::kOthers, 4, 2, {0, kDrumProgram}, 33});
  ASSERT_EQ(given.score.tracks.size(), 1u);
  EXPECT_EQ(given.score.tracks[0].program, 33);
}

TEST(Holes, SilentInstrumentsOfAHoleAreThere) {
  const Piece piece = piece_of_song(1, 12);
  const Piece part = in_hole(piece, {HoleKind::kTracks, 2, 2, {33, 40, kDrumProgram}, {}});
  ASSERT_EQ(part.score.tracks.size(), 3u);
  EXPECT_EQ(part.score.tracks[1].program, 40);
  EXPECT_TRUE(part.score.tracks[1].notes.empty());
  EXPECT_TRUE(part.score.tracks[2].is_drum);
  EXPECT_EQ(part.asked.programs, (std::vector<int>{33, 40, kDrumProgram}));
  // A piece that ends before its hole has nothing in it.
  const Piece behind = in_hole(piece_of_song(1, 2), {HoleKind::kPart, 5, 2, {0}, {}});
  EXPECT_EQ(note_count(behind.score), 0u);
  EXPECT_EQ(behind.bars.size(), 2u);
}

class Plans : public testing::Test {
 protected:
  void SetUp() override {
    test::write_songs(root_ / "data", 4);
    pieces_ = list_folder(root_ / "data")->pieces;
  }
  HolePlan plan(HoleTask task = HoleTask::kInfill, std::uint64_t seed = 0, int threads = 1) {
    return make_plan(pieces_, task, 2, seed, threads, test::go_on).value();
  }
  Result<HolePlan> read(const std::string& text) {
    (void)write_text(root_ / "plan.json", text);
    return read_plan(root_ / "plan.json");
  }
  test::TemporaryFolder root_;
  std::vector<PieceFile> pieces_;
};

TEST_F(Plans, AreReadAsTheyWereWritten) {
  ASSERT_TRUE(write_text(root_ / "data/broken.mid", "nonsense"));
  pieces_ = list_folder(root_ / "data")->pieces;
  for (const HoleTask task : {HoleTask::kInfill, HoleTask::kAccompany}) {
    const HolePlan original = plan(task, 5);
    EXPECT_EQ(original.holes.size(), 4u);
    ASSERT_EQ(original.skipped.size(), 1u);
    EXPECT_EQ(original.skipped[0].name, "broken");
    const auto again = read(plan_text(original));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(plan_text(*again), plan_text(original));
    EXPECT_EQ(hash_of(*again), hash_of(original));
    for (const auto& [name, planned] : original.holes)
      EXPECT_EQ(again->holes.at(name).hole, planned.hole);
    const HoleTask other = task == HoleTask::kInfill ? HoleTask::kAccompany : HoleTask::kInfill;
    EXPECT_FALSE(read_plan(root_ / "plan.json", other));
  }
}

TEST_F(Plans, NeitherOrderNorNumberNorThreadsMatter) {
  const HolePlan all = plan();
  std::reverse(pieces_.begin(), pieces_.end());
  pieces_.pop_back();
  const HolePlan some = plan(HoleTask::kInfill, 0, 3);
  EXPECT_EQ(some.holes.size(), 3u);
  for (const auto& [name, planned] : some.holes) EXPECT_EQ(all.holes.at(name).hole, planned.hole);
  EXPECT_NE(hash_of(plan(HoleTask::kInfill, 1)), hash_of(plan(HoleTask::kInfill, 2)));
}

TEST_F(Plans, SayWhereTheHoleIs) {
  const HolePlan p = plan();
  for (const auto& [name, planned] : p.holes) {  // bars of four quarters
    EXPECT_EQ(planned.from, 4.0 * static_cast<double>(planned.hole.first_bar));
    EXPECT_EQ(planned.to - planned.from, 8.0);
  }
}

TEST_F(Plans, AReferenceMustBeTheOneThatWasPlannedFor) {
  const HolePlan p = plan();
  EXPECT_TRUE(load_reference(pieces_[0], p));
  ASSERT_TRUE(write_midi_file(random_song(9), pieces_[0].path));
  const auto other = load_reference(pieces_[0], p);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("not the file"), std::string::npos);
  EXPECT_FALSE(load_reference({"unknown", pieces_[1].path}, p));
}

TEST_F(Plans, WhatIsNoPlanIsRefused) {
  const std::string good = plan_text(plan());
  ASSERT_TRUE(read(good));
  EXPECT_FALSE(read_plan(root_ / "nowhere.json"));
  for (const std::string bad : {"", "[]", "{}", "{\"format\": 1}", "nonsense"}) {
    const auto refused = read(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().message.find('\n'), std::string::npos);
  }
  // Any one value of a good plan spoilt.
  const auto json = nlohmann::json::parse(good);
  for (const char* key : {"kind", "first_bar", "last_bar", "programs"})
    for (const nlohmann::json& value :
         {nlohmann::json(-1), nlohmann::json("x"), nlohmann::json::array({999}),
          nlohmann::json::array(), nlohmann::json(1e18), nlohmann::json()}) {
      auto spoilt = json;
      spoilt["pieces"]["a"][key] = value;
      EXPECT_FALSE(read(spoilt.dump())) << key << " " << value.dump();
    }
  // Every beginning of the file.
  for (std::size_t size = 0; size + 2 < good.size(); size += 7)
    EXPECT_FALSE(read(good.substr(0, size)));
}

}  // namespace
}  // namespace sage
