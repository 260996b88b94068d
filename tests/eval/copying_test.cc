// The suffix automaton against brute force, and copied passages that are found.
#include "eval/copying.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "eval/suffix_automaton.h"
#include "folders.h"

namespace sage {
namespace {

using Sequence = std::vector<std::int32_t>;

Sequence any_sequence(int largest) {
  return *rc::gen::container<Sequence>(rc::gen::inRange(0, largest));
}

RC_GTEST_PROP(SuffixAutomaton, MatchesWhatIsThereAndNoMore, ()) {
  const int symbols = *rc::gen::inRange(2, 5);
  std::vector<Sequence> sequences;
  for (int i = *rc::gen::inRange(1, 5); i > 0; --i) sequences.push_back(any_sequence(symbols));
  const Sequence text = any_sequence(symbols);
  std::set<Sequence> substrings;
  SuffixAutomaton automaton;
  for (const Sequence& s : sequences) {
    automaton.add(s);
    for (std::size_t i = 0; i < s.size(); ++i)
      for (std::size_t j = i; j <= s.size(); ++j)
        substrings.insert(Sequence(s.begin() + static_cast<std::ptrdiff_t>(i),
                                   s.begin() + static_cast<std::ptrdiff_t>(j)));
  }
  substrings.insert(Sequence());
  automaton.match(text, [&](auto, std::int32_t length, std::size_t i) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    RC_ASSERT(substrings.count(Sequence(end - length, end)) == 1u);
    if (length <= static_cast<std::int32_t>(i))
      RC_ASSERT(substrings.count(Sequence(end - length - 1, end)) == 0u);
  });
  std::size_t total = 0;
  for (const Sequence& s : sequences) total += s.size();
  RC_ASSERT(automaton.size() <= std::max<std::size_t>(2 * total, 1) + 1);
}

class Copying : public testing::Test {
 protected:
  /// A part of random notes, each an eighth after the one before.
  static Track melody(std::uint64_t seed, int notes, int program = 0) {
    Random random(seed);
    Track track;
    track.program = static_cast<std::uint8_t>(program);
    for (int i = 0; i < notes; ++i)
      track.notes.push_back(
          {Tick{240 * i}, Tick{200}, static_cast<std::uint8_t>(50 + random.below(24)), 80});
    return track;
  }
  static Score song(std::vector<Track> tracks) {
    Score score;
    score.tracks = std::move(tracks);
    return score;
  }
  CopyingResult search() {
    CopyingTask task;
    task.sets = {test::system_at(root_ / "outputs", "outputs")};
    task.training = list_folder(root_ / "train")->pieces;
    task.threads = threads_;
    return find_copies(task, test::go_on).value();
  }
  test::TemporaryFolder root_;
  int threads_ = 1;
};

TEST_F(Copying, FindsAPassageInAnotherKeyAndInstrument) {
  ASSERT_TRUE(write_midi_file(song({melody(1, 200)}), root_ / "train/one.mid"));
  ASSERT_TRUE(write_midi_file(song({melody(2, 200, 40)}), root_ / "train/two.mid"));
  // Forty notes of the second, seven semitones up, between other notes.
  Track output = melody(3, 30, 73);
  for (const Note& note : melody(2, 200).notes) {
    if (note.onset < Tick{240 * 60} || note.onset >= Tick{240 * 100}) continue;
    Note copy = note;
    copy.onset = copy.onset - Tick{240 * 30};
    copy.pitch = static_cast<std::uint8_t>(copy.pitch + 7);
    output.notes.push_back(copy);
  }
  Track drums = melody(4, 60);
  drums.is_drum = true;
  ASSERT_TRUE(write_midi_file(song({output, drums}), root_ / "outputs/x.mid"));
  ASSERT_TRUE(write_midi_file(song({melody(9, 50)}), root_ / "outputs/y.mid"));
  ASSERT_TRUE(write_text(root_ / "outputs/z.mid", "nonsense"));
  ASSERT_TRUE(write_text(root_ / "train/z.mid", "nonsense"));
  for (threads_ = 1; threads_ <= 3; ++threads_) {
    const CopyingResult result = search();
    EXPECT_EQ(result.training_pieces, 2u);
    EXPECT_EQ(result.skipped_training.size(), 1u);
    ASSERT_EQ(result.sets[0].pieces.size(), 2u);
    const CopiedRun& x = result.sets[0].pieces[0];
    EXPECT_GE(x.longest, 40u);  // by chance one more
    EXPECT_LE(x.longest, 42u);
    EXPECT_NEAR(static_cast<double>(x.first_note), 30.0, 1.0);
    EXPECT_EQ(x.source, "two");
    EXPECT_EQ(x.program, 73);
    EXPECT_EQ(x.notes, 70u);
    EXPECT_LE(result.sets[0].pieces[1].longest, 6u);
    EXPECT_EQ(result.sets[0].skipped.size(), 1u);
  }
}

TEST_F(Copying, AWholePieceIsFoundWhole) {
  ASSERT_TRUE(write_midi_file(song({melody(1, 80)}), root_ / "train/one.mid"));
  ASSERT_TRUE(write_midi_file(song({melody(1, 80, 5)}), root_ / "outputs/x.mid"));
  EXPECT_EQ(search().sets[0].pieces[0].longest, 80u);
}

TEST_F(Copying, AgreesWithBruteForce) {
  std::vector<std::vector<Note>> outputs, training;
  for (std::uint64_t i = 0; i < 4; ++i) {
    // Few pitches, so that much is shared by chance.
    const auto narrow = [&](std::uint64_t seed) {
      Track track = melody(seed, 60);
      for (Note& note : track.notes) note.pitch = static_cast<std::uint8_t>(60 + note.pitch % 3);
      return track;
    };
    const std::string name(1, static_cast<char>('a' + i));
    outputs.push_back(narrow(i).notes);
    training.push_back(narrow(i + 10).notes);
    ASSERT_TRUE(write_midi_file(song({narrow(i)}), root_ / ("outputs/" + name + ".mid")));
    ASSERT_TRUE(write_midi_file(song({narrow(i + 10)}), root_ / ("train/" + name + ".mid")));
  }
  const CopyingResult result = search();
  for (std::size_t o = 0; o < outputs.size(); ++o) {
    std::size_t longest = 0;
    for (const auto& train : training)
      for (std::size_t i = 1; i < outputs[o].size(); ++i)
        for (std::size_t j = 1; j < train.size(); ++j) {
          std::size_t run = 0;
          while (i + run < outputs[o].size() && j + run < train.size() &&
                 outputs[o][i + run].pitch - outputs[o][i + run - 1].pitch ==
                     train[j + run].pitch - train[j + run - 1].pitch)
            ++run;
          if (run > 0) longest = std::max(longest, run + 1);
        }
    EXPECT_EQ(result.sets[0].pieces[o].longest, longest);
  }
}

}  // namespace
}  // namespace sage
