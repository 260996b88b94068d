#include "eval/probes.h"

#include <gtest/gtest.h>

#include <set>

#include "score/transform.h"

namespace sage {
namespace {

/// The probe with its hole changed by `change(track)`.
template <class Change>
Score with_answer(const Probe& probe, const Change& change) {
  Score answer = probe.score;
  for (Track& track : answer.tracks)
    if (track.program_or_drum() == probe.hole.programs[0]) change(track);
  normalise(answer);
  return answer;
}

double mean_value(HoleTask task, const auto& answer) {
  double sum = 0;
  const auto probes = probes_of(task);
  for (const Probe& probe : probes) sum += score_probe(probe, answer(probe)).value().value;
  return sum / static_cast<double>(probes.size());
}

TEST(Probes, AreWellFormedAndAlwaysTheSame) {
  for (const HoleTask task : {HoleTask::kInfill, HoleTask::kAccompany}) {
    const auto probes = probes_of(task), again = probes_of(task);
    std::set<std::string> names;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      EXPECT_TRUE(check_hole(on_grid(probes[i].score).value(), probes[i].hole));
      EXPECT_EQ(probes[i].score, again[i].score);
      names.insert(probes[i].name);
      for (const Track& track : probes[i].score.tracks)
        for (const Note& note : track.notes) {
          EXPECT_GE(note.pitch, 31);
          EXPECT_LE(note.pitch, 96);
        }
    }
    EXPECT_EQ(names.size(), probes.size());
  }
}

TEST(Probes, TheRightAnswerScoresOne) {
  for (const HoleTask task : {HoleTask::kInfill, HoleTask::kAccompany})
    for (const Probe& probe : probes_of(task))
      EXPECT_EQ(score_probe(probe, probe.score).value().value, 1) << probe.name;
}

TEST(Probes, SilenceScoresNothing) {
  for (const HoleTask task : {HoleTask::kInfill, HoleTask::kAccompany})
    EXPECT_EQ(mean_value(task,
                         [](const Probe& probe) {
                           return with_answer(probe, [](Track& track) { track.notes.clear(); });
                         }),
              0);
}

TEST(Probes, ADeafPlayerCannotPass) {
  // Goes on with the melody's earlier bars, in its style and key: all that can be known without
  // the kept part.
  constexpr Tick kFourBars{4 * 4 * 480};
  const auto goes_on = [&](const Probe& probe) {
    return with_answer(probe, [&](Track& track) {
      std::vector<Note> notes;
      for (Note note : track.notes) {
        if (note.onset >= kFourBars && note.onset < kFourBars * 2) {
          notes.push_back(note);
          note.onset += kFourBars;
        } else if (note.onset >= kFourBars * 2 && note.onset < kFourBars * 3) {
          continue;
        }
        notes.push_back(note);
      }
      track.notes = notes;
    });
  };
  EXPECT_LT(mean_value(HoleTask::kInfill, goes_on), 0.2);
  for (const Probe& probe : probes_of(HoleTask::kInfill)) {
    const ProbeScore score = score_probe(probe, goes_on(probe)).value();
    EXPECT_EQ(score.chance, 1) << "its notes are those of the bars before";
  }
  // A bass that knows the chords of the key but not when they come.
  const auto shifted = [](const Probe& probe) {
    return with_answer(probe, [](Track& track) {
      for (Note& note : track.notes)
        note.onset.count = (note.onset.count + 4 * 480) % (16 * 4 * 480);
    });
  };
  EXPECT_LT(mean_value(HoleTask::kAccompany, shifted), 0.3);
}

TEST(Probes, AreSummarisedByKind) {
  const auto rows = summarise({{ProbeKind::kUnisonAbove, 1, 0},
                               {ProbeKind::kUnisonBelow, 0.5, 0.25},
                               {ProbeKind::kUnisonBelow, 0, 0.25}},
                              {.resamples = 100});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].kind, ProbeKind::kUnisonAbove);
  EXPECT_EQ(rows[1].probes, 2u);
  EXPECT_EQ(rows[1].value.mean, 0.25);
  EXPECT_EQ(rows[1].chance.mean, 0.25);
}

}  // namespace
}  // namespace sage
