// Small files, each one situation that players know and readers get wrong.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "midi/reader.h"
#include "score/timeline.h"

namespace sage::test {
namespace {

MidiRead read_case(const std::string& name) {
  auto read = read_midi_file("tests/midi/cases/" + name + ".mid");
  EXPECT_TRUE(read) << name;
  return read ? *std::move(read) : MidiRead{};
}

std::vector<int> programs_of(const std::string& name) {
  std::vector<int> programs;
  for (const Track& track : read_case(name).score.tracks)
    if (!track.notes.empty()) programs.push_back(track.program_or_drum());
  return programs;
}

TEST(MidiCases, ProgramsHoldForAChannelWhereverTheyAreSaid) {
  EXPECT_EQ(programs_of("program-in-first-staff-only"), (std::vector<int>{6, 6}));
  EXPECT_EQ(programs_of("bank-before-program").size(), 2u);
}

TEST(MidiCases, RhythmPartsOutsideChannelTen) {
  EXPECT_EQ(programs_of("gs-second-drum-part"), (std::vector<int>{0, kDrumProgram, kDrumProgram}));
  EXPECT_EQ(programs_of("xg-drums-bank-127"), (std::vector<int>{0, kDrumProgram}));
}

TEST(MidiCases, AllNotesOffEndsNotes) {
  const MidiRead read = read_case("all-notes-off");
  std::size_t notes = 0;
  for (const Track& track : read.score.tracks)
    for (const Note& note : track.notes)
      if (note.duration == Tick{1440}) ++notes;
  EXPECT_EQ(notes, 24u);
}

TEST(MidiCases, PartsKnowTheirPortsChannelsAndBanks) {
  const MidiRead ports = read_case("two-ports-18-instruments");
  int second = 0;
  for (const midi::Part& part : ports.parts) second += part.port == 1;
  EXPECT_EQ(ports.parts.size(), 19u);  // and drums
  EXPECT_GT(second, 1);
  const MidiRead banks = read_case("bank-before-program");
  EXPECT_EQ(banks.parts[0].instrument.bank_high, 8);
  EXPECT_EQ(banks.parts[0].instrument.bank_low, 4);
}

TEST(MidiCases, SilentBarsLastUpToTheEndOfTrack) {
  EXPECT_EQ(read_case("loop-with-two-silent-bars").end, Tick{15'360});
}

}  // namespace
}  // namespace sage::test
