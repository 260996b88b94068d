// sage-music jam and doctor, as a user would run them.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/file.h"
#include "midi/reader.h"
#include "program.h"
#include "support.h"

namespace sage::test {
namespace {

std::string piece() { return (source_directory() / "docs/pieces/first.mid").string(); }

nlohmann::json read_json(const std::string& path) {
  return nlohmann::json::parse(read_text(path).value_or(""), nullptr, false);
}

/// The notes of a program in a file, before a moment in quarter notes.
std::vector<Note> notes_of(const Score& score, int program, int quarters) {
  std::vector<Note> notes;
  for (const Track& track : score.tracks)
    for (const Note& note : track.notes)
      if (track.program_or_drum() == program &&
          note.onset < Tick{std::int64_t{quarters} * score.ticks_per_quarter})
        notes.push_back(note);
  std::sort(notes.begin(), notes.end());
  return notes;
}

TEST(Jam, FastIsTheSameEachTimeAndLeavesThePersonAsItWas) {
  const Scratch scratch;
  std::vector<std::string> files, reports;
  for (const std::string name : {"a", "b"}) {
    const Ran ran =
        run_program({"jam", "--simulate", piece(), "--human", "flute", "--roles", "bass,drums",
                     "--fast", "--bars", "6", "--seed", "3", "--step-time", "2", "--record",
                     scratch.path(name + ".mid"), "--report", scratch.path(name + ".json")});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto bytes = read_file(scratch.path(name + ".mid"));
    files.emplace_back(bytes->begin(), bytes->end());
    reports.push_back(*read_text(scratch.path(name + ".json")));
  }
  EXPECT_EQ(files[0], files[1]);
  EXPECT_EQ(reports[0], reports[1]);

  const Score before = read_midi_file(piece())->score;
  const Score after = read_midi_file(scratch.path("a.mid"))->score;
  for (const int program : {73, 0}) {
    auto was = notes_of(before, program, 6 * 4);
    const auto is = notes_of(after, program, 6 * 4);
    ASSERT_EQ(is.size(), was.size());
    for (std::size_t i = 0; i < is.size(); ++i) {
      EXPECT_EQ(is[i].onset, was[i].onset);
      EXPECT_EQ(is[i].pitch, was[i].pitch);
    }
  }
  EXPECT_NE(notes_of(after, kDrumProgram, 24), notes_of(before, kDrumProgram, 24));
  EXPECT_FALSE(notes_of(after, kDrumProgram, 24).empty());

  const auto report = read_json(scratch.path("a.json"));
  for (const char* field : {"interaction_success", "staleness_ms", "jitter_ms", "first_reaction_ms",
                            "lost", "doubled", "stuck", "late", "rungs", "tempo"})
    EXPECT_TRUE(report.contains(field)) << field;
  for (const char* field : {"p50", "p99", "sd"}) EXPECT_TRUE(report["jitter_ms"].contains(field));
  EXPECT_EQ(report["lost"], 0);
  EXPECT_EQ(report["doubled"], 0);
  EXPECT_EQ(report["stuck"], 0);
}

TEST(Jam, AModelThatIsTooSlowGoesDownTheLadder) {
  const Scratch scratch;
  const Ran ran = run_program({"jam", "--simulate", piece(), "--fast", "--bars", "6", "--step-time",
                               "400", "--report", scratch.path("r.json")});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto report = read_json(scratch.path("r.json"));
  EXPECT_LT(report["interaction_success"], 0.9);
  EXPECT_EQ(report["late"], 0);
  EXPECT_EQ(report["stuck"], 0);
}

TEST(Jam, EndsOnASignalWithEverythingReleasedAndWritten) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Scratch scratch;
    Running running({"jam", "--simulate", piece(), "--port", "loopback", "--record",
                     scratch.path("r.mid"), "--report", scratch.path("r.json")});
    for (int i = 0; i < 60 && running.going(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(running.finish(signal), 0);
    const auto report = read_json(scratch.path("r.json"));
    EXPECT_EQ(report["stuck"], 0);
    EXPECT_EQ(report["doubled"], 0);
    EXPECT_TRUE(read_midi_file(scratch.path("r.mid")));
  }
}

TEST(Jam, SaysInOneLineWhatIsWrong) {
  const std::vector<std::vector<std::string>> wrong = {
      {"jam", "--clock", "link"},
      {"jam", "--fast"},
      {"jam", "--roles", "kazoo orchestra"},
      {"jam", "--mode", "dance"},
      {"jam", "--simulate", piece(), "--human", "tuba"},
      {"jam", "--simulate", piece(), "--fast", "--record", piece()},
      {"jam", "--port", "no such port"}};
  for (const auto& arguments : wrong) {
    const Ran ran = run_program(arguments);
    EXPECT_NE(ran.code, 0) << arguments.back();
    EXPECT_TRUE(ran.one_line()) << arguments.back() << ": " << ran.err;
  }
}

TEST(Doctor, SaysWhatIsThereWithoutNoise) {
  const Ran ran = run_program({"doctor"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(ran.err.empty()) << ran.err;
  EXPECT_NE(ran.out.find("processor"), std::string::npos);
  EXPECT_NE(ran.out.find("MIDI"), std::string::npos);
}

}  // namespace
}  // namespace sage::test
