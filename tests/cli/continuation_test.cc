// Continuing pieces with the bundled model: the prompt stays, the meter continues, the seed
// decides.
#include <gtest/gtest.h>

#include "base/file.h"
#include "midi/reader.h"
#include "program.h"
#include "score/timeline.h"
#include "support.h"

namespace sage {
namespace {

using test::run_program;

std::vector<Note> notes_before(const Score& score, int program, Tick end) {
  std::vector<Note> notes;
  for (const Track& track : score.tracks)
    if (track.program_or_drum() == program)
      for (const Note& note : track.notes)
        if (note.onset < end) notes.push_back(note);
  std::sort(notes.begin(), notes.end());
  return notes;
}

/// The same notes in both scores before `end`, times compared as fractions of a quarter note. Of
/// one program that may have changed, nothing is asked.
void expect_same_beginning(const Score& original, const Score& continued, Tick end,
                           const std::string& name, int changed = -1) {
  const std::int64_t factor = continued.ticks_per_quarter / original.ticks_per_quarter;
  ASSERT_EQ(original.ticks_per_quarter * factor, continued.ticks_per_quarter) << name;
  for (int program = 0; program < kProgramCount; ++program) {
    if (program == changed) continue;
    auto expected = notes_before(original, program, end);
    for (Note& note : expected) {
      note.onset = note.onset * factor;
      note.duration = note.duration * factor;
    }
    EXPECT_EQ(notes_before(continued, program, end * factor), expected)
        << name << ", program " << program;
  }
}

TEST(Continuation, KeepsThePromptOfRealPiecesAndIsReproducible) {
  const auto folder = test::data_directory("test_multitrack");
  if (!folder)
    GTEST_SKIP() << "no music data: set SAGE_DATA to the folder that holds test_multitrack";
  const test::Scratch scratch;
  int continued = 0;
  for (const auto& path : test::midi_files(*folder, 6)) {
    const auto original = read_midi_file(path);
    ASSERT_TRUE(original.has_value());
    const auto bars = bars_of(original->score, end_of(original->score));
    ASSERT_TRUE(bars.has_value());
    if (bars->size() < 5) continue;
    const Tick end = (*bars)[3].end();
    const std::string name = path.filename().string();
    const auto generate = [&](const std::string& out) {
      return run_program({"generate", "--prompt", path.string(), "--prompt-bars", "4", "--bars",
                          "16", "--seed", "7", "-o", scratch.path(out), "--json"});
    };
    const auto first = generate("a.mid");
    if (first.code != 0) {
      // Four silent bars are no prompt; anything else is a failure.
      EXPECT_NE(first.err.find("silent"), std::string::npos) << name << ": " << first.err;
      continue;
    }
    ASSERT_EQ(generate("b.mid").code, 0) << name;
    EXPECT_EQ(read_file(scratch.path("a.mid")).value(), read_file(scratch.path("b.mid")).value())
        << name;

    const auto out = read_midi_file(scratch.path("a.mid"));
    ASSERT_TRUE(out.has_value()) << name;
    EXPECT_LE(out->warning_count, original->warning_count) << name;
    // Onsets a little ahead of the cut belong to what follows.
    const Tick early{original->score.ticks_per_quarter / 24 + 1};
    expect_same_beginning(original->score, out->score, end - early, name);
    const Tick new_end = end * (out->score.ticks_per_quarter / original->score.ticks_per_quarter);
    for (const MeterChange& change : out->score.meters) EXPECT_LE(change.time, new_end) << name;
    ++continued;
  }
  EXPECT_GE(continued, 10);
}

TEST(Infill, AddsDrumsToRealPiecesAndLeavesTheRest) {
  const auto folder = test::data_directory("test_multitrack");
  if (!folder)
    GTEST_SKIP() << "no music data: set SAGE_DATA to the folder that holds test_multitrack";
  const test::Scratch scratch;
  std::size_t drummed = 0;
  for (const auto& path : test::midi_files(*folder, 20)) {
    const auto original = read_midi_file(path);
    ASSERT_TRUE(original.has_value());
    const auto add_drums = [&](const std::string& out) {
      return run_program({"infill", path.string(), "--instruments", "drums", "--seed", "3", "-o",
                          scratch.path(out), "--json"});
    };
    const auto first = add_drums("a.mid");
    ASSERT_TRUE(first.code == 0 || first.code == 3) << path << ": " << first.err;  // 3: silent
    ASSERT_EQ(add_drums("b.mid").code, first.code);
    EXPECT_TRUE(read_file(scratch.path("a.mid")).value() ==
                read_file(scratch.path("b.mid")).value());
    const auto made = read_midi_file(scratch.path("a.mid"));
    ASSERT_TRUE(made.has_value());
    expect_same_beginning(original->score, made->score, end_of(original->score) + Tick{1},
                          path.filename().string(), kDrumProgram);
    drummed += first.json()["new_notes"].get<std::size_t>();
  }
  EXPECT_GT(drummed, 0u);
  EXPECT_EQ(run_program({"infill", "nowhere.mid", "--bars", "1", "-o", scratch.path("x.mid")}).code,
            1);
  EXPECT_EQ(run_program({"infill", "x.mid", "--bars", "8-5", "-o", scratch.path("x.mid")}).code, 2);
}

}  // namespace
}  // namespace sage
