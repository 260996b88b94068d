// Small files, each one situation, through the commands: what nobody asked to change stays as an
// independent reader (tests/midi/smfstate.py) hears it, and every part is a part.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <set>

#include "base/file.h"
#include "midi/document.h"
#include "midi/reader.h"
#include "program.h"
#include "score/timeline.h"
#include "support.h"

namespace sage {
namespace {

using test::Ran;
using test::run_program;
using test::Scratch;

std::string file_of(const std::string& name) {
  return (test::source_directory() / "tests/midi/cases" / (name + ".mid")).string();
}

/// Whether all notes of a case that begin in [from, to) are in the other file as they sounded.
testing::AssertionResult keeps(const std::string& name, const std::string& after, int from,
                               int to) {
  const Scratch scratch;
  const std::string said = scratch.path("said");
  const std::string command = "python3 " +
                              (test::source_directory() / "tests/midi/smfstate.py").string() +
                              " compare " + file_of(name) + " " + after + " " +
                              std::to_string(from) + " " + std::to_string(to) + " > " + said;
  if (std::system(command.c_str()) == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << name << ": " << read_text(said).value_or("");
}

struct Made {
  Ran ran;
  MidiRead music;
};

Made make(std::vector<std::string> arguments, const std::string& out) {
  arguments.insert(arguments.end(), {"-o", out, "--json"});
  Made made{run_program(arguments), {}};
  EXPECT_TRUE(made.ran.code == 0 || made.ran.code == 3) << made.ran.err;
  if (auto read = read_midi_file(out)) made.music = *std::move(read);
  return made;
}

Made infill(const std::string& name, const std::string& out, std::vector<std::string> more) {
  more.insert(more.begin(), {"infill", file_of(name), "--takes", "1"});
  return make(std::move(more), out);
}

Made go_on(const std::string& name, const std::string& out, std::vector<std::string> more = {}) {
  if (std::find(more.begin(), more.end(), "-n") == more.end()) more.insert(more.end(), {"-n", "4"});
  more.insert(more.begin(), {"generate", "-p", file_of(name)});
  return make(std::move(more), out);
}

TEST(MidiCases, BarsThatNobodyAskedForSoundAsBefore) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  for (const char* name :
       {"bank-before-program", "program-in-first-staff-only", "two-staves-one-channel",
        "automation-track", "gs-second-drum-part", "xg-drums-bank-127", "pedal-at-note-off",
        "two-ports-18-instruments", "channels-3-5-16"}) {
    infill(name, out, {"--bars", "7-8"});
    EXPECT_TRUE(keeps(name, out, 0, 11'520));
    go_on(name, out);
    EXPECT_TRUE(keeps(name, out, 0, 7'680));
  }
}

TEST(MidiCases, OneOfManyPartsIsWrittenAndTheOthersKept) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  const Made made = infill("two-ports-18-instruments", out, {"--bars", "7-8", "--parts", "5"});
  const auto before = read_midi_file(file_of("two-ports-18-instruments")).value();
  EXPECT_EQ(made.music.parts, before.parts);
  for (std::size_t i = 0; i < before.parts.size(); ++i)
    if (i != 4) EXPECT_TRUE(made.music.score.tracks[i].notes == before.score.tracks[i].notes) << i;
  const auto parts = made.ran.json()["parts"];
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0]["part"], 5);
}

TEST(MidiCases, EventsThatAreNoNotesStayInTheirTracks) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  // Every event that is no note and does not belong to new notes, with its track.
  const auto others = [](const midi::Document& document) {
    std::multiset<std::vector<std::uint8_t>> all;
    for (std::size_t track = 0; track < document.tracks().size(); ++track)
      for (const midi::Event& event : document.tracks()[track].events) {
        if (event.status < 0xf0) continue;
        const auto bytes = document.bytes_of(document.tracks()[track], event);
        std::vector<std::uint8_t> key = {static_cast<std::uint8_t>(track)};
        for (int shift = 0; shift < 32; shift += 8)
          key.push_back(static_cast<std::uint8_t>(event.time.count >> shift));
        key.insert(key.end(), bytes.begin(), bytes.end());
        all.insert(std::move(key));
      }
    return all;
  };
  for (const char* name : {"every-kind-of-event", "lyrics-of-two-voices", "metronome-dotted",
                           "marker-behind-the-end"}) {
    infill(name, out, {"--bars", "2"});
    const auto before = others(midi::Document::read_file(file_of(name)).value());
    const auto after = others(midi::Document::read_file(out).value());
    EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end())) << name;
    EXPECT_EQ(after.size(), before.size() + 1) << name;  // the signature
  }
}

TEST(MidiCases, BothHandsGoOnInTheirOwnTracks) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  const auto before = read_midi_file(file_of("two-hands-two-channels")).value();
  const auto in_bars = [](const Track& track, int from, int to) {
    return std::count_if(track.notes.begin(), track.notes.end(), [&](const Note& note) {
      return note.onset >= Tick{1920 * from} && note.onset < Tick{1920 * to};
    });
  };
  for (const bool goes_on : {false, true}) {
    const Made made = goes_on ? go_on("two-hands-two-channels", out, {"-n", "8"})
                              : infill("two-hands-two-channels", out,
                                       {"--bars", "3-6", "--instruments", "piano"});
    ASSERT_EQ(made.music.parts, before.parts);
    for (std::size_t i = 0; i < before.parts.size(); ++i)
      if (before.score.tracks[i].program_or_drum() == 0)
        EXPECT_GT(in_bars(made.music.score.tracks[i], goes_on ? 4 : 2, goes_on ? 12 : 6), 0) << i;
  }
}

TEST(MidiCases, SilentBarsUpToTheEndOfTrackExist) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  const std::string name = "loop-with-two-silent-bars";
  EXPECT_EQ(run_program({"inspect", file_of(name), "--json"}).json()["bars"], 8);
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--bars", "7-8"}, {"--instruments", "drums"}}) {
    infill(name, out, more);
    const auto document = midi::Document::read_file(out).value();
    for (const midi::EventTrack& track : document.tracks()) EXPECT_GE(track.end, Tick{15'360});
    EXPECT_EQ(document.music().end, Tick{15'360});
  }
}

TEST(MidiCases, EveryInstrumentAskedForPlaysOrIsSaidToBeSilent) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  for (const char* seed : {"0", "1", "2"}) {
    const Made made =
        infill("channels-3-5-16", out, {"--instruments", "drums,trumpet", "-s", seed});
    std::set<int> heard;
    for (const Track& track : made.music.score.tracks)
      if (!track.notes.empty()) heard.insert(track.program_or_drum());
    const bool all = heard.contains(kDrumProgram) && heard.contains(56);
    EXPECT_EQ(made.ran.json()["silent"].empty(), all) << seed;
    EXPECT_EQ(made.ran.code, all ? 0 : 3) << seed;
  }
}

TEST(MidiCases, NewNotesAreNeitherBentNorFadedByOldOnes) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  const Made bent =
      infill("bends-in-rewritten-bars", out, {"--bars", "3-4", "--instruments", "29"});
  for (const Track& track : bent.music.score.tracks)
    for (const PitchBend& bend : track.bends)
      EXPECT_TRUE(bend.value == 0 || bend.time < Tick{3'840} || bend.time >= Tick{7'680});
  const Made faded = go_on("expression-swells", out);
  for (const Track& track : faded.music.score.tracks) {
    int expression = 127;
    for (const Control& control : track.controls)
      if (control.number == 11 && control.time <= Tick{7'680}) expression = control.value;
    EXPECT_GE(expression, 100);
  }
}

TEST(MidiCases, ACutFallsWhereTheMusicMeansIt) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid");
  const Made early = go_on("early-downbeats", out);
  int around = 0;
  for (const Track& track : early.music.score.tracks)
    for (const Note& note : track.notes)
      around += note.onset >= Tick{7'640} && note.onset < Tick{7'680};
  EXPECT_EQ(around, 0);  // the prompt's next downbeat is not kept beside the new one
  const Made drone = go_on("drone-of-200-bars", out);
  EXPECT_LT(drone.ran.json()["music_seconds"].get<double>(), 20);
  const Made tempo = go_on("ritardando-then-a-tempo", out);
  EXPECT_EQ(TempoMap(tempo.music.score).tempo_at(Tick{7'680}), 500'000u);
  EXPECT_EQ(TempoMap(tempo.music.score).tempo_at(Tick{14'000}), 500'000u);
}

TEST(MidiCases, DenseBarsAreRead) {
  const Scratch scratch;
  const auto new_notes = [&](const Made& made, int from) {
    std::vector<Note> notes;
    for (const Track& track : made.music.score.tracks)
      for (const Note& note : track.notes)
        if (note.onset >= Tick{from}) notes.push_back(note);
    return notes;
  };
  const std::string out = scratch.path("a.mid");
  EXPECT_NE(new_notes(go_on("dense-tutti-c", out), 7'680),
            new_notes(go_on("dense-tutti-f-sharp", out), 7'680));
  EXPECT_NE(new_notes(infill("dense-bar-3-c", out, {"--bars", "4"}), 5'760),
            new_notes(infill("dense-bar-3-f-sharp", out, {"--bars", "4"}), 5'760));
}

TEST(MidiCases, WhatCouldNotBeReadIsSaid) {
  const Scratch scratch;
  const std::string song = file_of("truncated");
  const std::vector<std::vector<std::string>> commands = {
      {"infill", song, "--bars", "3", "--takes", "1", "-o", scratch.path("a.mid")},
      {"generate", "-p", song, "-n", "1", "-o", scratch.path("b.mid")},
      {"tokenize", song, "-o", scratch.path("t.json")},
      {"render", song, "--svg", scratch.path("a.svg")},
      {"bpe", "train", song, "--merges", "2", "-o", scratch.path("bpe.json")}};
  for (const auto& command : commands) {
    const Ran ran = run_program(command);
    EXPECT_EQ(ran.code, 0) << command[0] << ": " << ran.err;
    EXPECT_NE(ran.err.find("truncated.mid: byte "), std::string::npos) << command[0] << ran.err;
    EXPECT_TRUE(ran.one_line()) << command[0] << ran.err;
  }
  EXPECT_GT(run_program({"inspect", song, "--json"}).json()["warning_count"], 0);
}

TEST(MidiCases, InspectNamesInstrumentsAsTheySound) {
  const auto instruments = [](const std::string& name) {
    std::vector<std::string> all;
    const auto json = run_program({"inspect", file_of(name), "--json"}).json();
    for (const auto& track : json["tracks"])
      if (track["notes"] > 0) all.push_back(track["instrument"]);
    return all;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(instruments("gs-second-drum-part"), (Names{"Acoustic Grand Piano", "Drums", "Drums"}));
  EXPECT_EQ(instruments("program-in-first-staff-only"), (Names{"Harpsichord", "Harpsichord"}));
  EXPECT_EQ(instruments("xg-drums-bank-127"), (Names{"Acoustic Grand Piano", "Drums"}));
}

TEST(MidiParts, AddLeavesAllThatThereIs) {
  const Scratch scratch;
  const std::string out = scratch.path("a.mid"), name = "two-hands-two-channels";
  const auto before = read_midi_file(file_of(name)).value();
  const Made made = infill(name, out, {"--add", "piano,bass"});
  for (std::size_t i = 0; i < before.parts.size(); ++i)
    EXPECT_TRUE(made.music.score.tracks[i].notes == before.score.tracks[i].notes) << i;
  EXPECT_EQ(made.ran.json()["parts"].size(), 2u);
  for (const auto& part : made.ran.json()["parts"]) EXPECT_TRUE(part["part"].is_null());
}

TEST(MidiParts, OnlyNewLeavesThePromptOut) {
  const Scratch scratch;
  const std::string name = "channels-3-5-16";
  const Made whole = go_on(name, scratch.path("a.mid"), {"-s", "3"});
  const Made alone = go_on(name, scratch.path("b.mid"), {"-s", "3", "--only-new"});
  EXPECT_EQ(whole.music.end, Tick{8 * 1920});
  EXPECT_EQ(alone.music.end, Tick{4 * 1920});
  EXPECT_EQ(alone.ran.json()["new_notes"], whole.ran.json()["new_notes"]);
  const Made all = go_on(name, scratch.path("c.mid"), {"--prompt-bars", "all"});
  const auto before = read_midi_file(file_of(name)).value();
  EXPECT_EQ(all.music.end, Tick{12 * 1920});  // behind its eight bars
  for (std::size_t i = 0; i < before.parts.size(); ++i)
    EXPECT_GE(all.music.score.tracks[i].notes.size(), before.score.tracks[i].notes.size());
}

}  // namespace
}  // namespace sage
