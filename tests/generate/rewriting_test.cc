// Documents rewritten and continued by a small model: all that was not asked for stays.
#include "generate/rewriting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "generate/continuing.h"
#include "generate/generator.h"
#include "midi/edit.h"
#include "small_engine.h"

namespace sage {
namespace {

using midi::Document;

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("tests/midi/cases"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Document read(const std::string& name) {
  return Document::read_file("tests/midi/cases/" + name + ".mid").value();
}

RewriteRequest two_bars(std::vector<std::size_t> parts) {
  RewriteRequest request;
  request.replaced = std::move(parts);
  request.infill.first_bar = 1;
  request.infill.bars = 2;
  request.infill.takes = 1;
  request.attempts = 1;
  return request;
}

TEST(Rewriting, OfNothingGivesTheSameBytes) {
  const auto engine = test::small_engine({}, 500);
  for (const auto& path : cases()) {
    const Document document = Document::read_file(path).value();
    const auto done = rewrite_parts(engine, document, {});
    ASSERT_TRUE(done) << path;
    EXPECT_TRUE(std::ranges::equal(done->bytes, document.bytes())) << path;
  }
}

TEST(Rewriting, OtherPartsAndBarsKeepTheirNotes) {
  const auto engine = test::small_engine({}, 500);
  for (const auto& path : cases()) {
    const Document document = Document::read_file(path).value();
    const auto& before = document.music().score.tracks;
    if (document.music().end < Tick{3 * 1920} || before.size() > 6) continue;
    const auto done = rewrite_parts(engine, document, two_bars({0}));
    ASSERT_TRUE(done) << path << ": " << done.error().message;
    const Document after = Document::read(done->bytes).value();
    ASSERT_GE(after.music().parts.size(), document.music().parts.size()) << path;
    for (std::size_t i = 1; i < before.size(); ++i)
      EXPECT_TRUE(after.music().score.tracks[i].notes == before[i].notes) << path << " " << i;
    ASSERT_EQ(done->parts.size(), 1u);
    EXPECT_EQ(done->parts[0].written, done->notes);
  }
}

TEST(Rewriting, TwoHandsAreWrittenApart) {
  const Document document = read("two-hands-two-channels");
  std::vector<std::size_t> hands;
  for (std::size_t i = 0; i < document.music().score.tracks.size(); ++i)
    if (document.music().score.tracks[i].program_or_drum() == 0) hands.push_back(i);
  ASSERT_EQ(hands.size(), 2u);
  RewriteRequest request = two_bars(hands);
  request.attempts = 5;
  const auto done = rewrite_parts(test::small_engine({}, 500), document, request);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->parts.size(), 2u);
  EXPECT_GT(done->parts[0].written, 0u);
  EXPECT_GT(done->parts[1].written, 0u);
  const Document after = Document::read(done->bytes).value();
  EXPECT_EQ(after.music().parts, document.music().parts);
}

TEST(Rewriting, SilentBarsAtTheEndAreBars) {
  const Document document = read("loop-with-two-silent-bars");
  RewriteRequest request = two_bars({});
  request.added = {kDrumProgram};
  request.infill.first_bar = 6;
  const auto done = rewrite_parts(test::small_engine({}, 500), document, request);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(Document::read(done->bytes)->music().end, document.music().end);
}

TEST(Continuing, KeepsThePromptAndEndsWithTheNewBars) {
  const auto engine = test::small_engine({}, 500);
  for (const char* name : {"drone-of-200-bars", "two-hands-two-channels", "early-downbeats",
                           "ritardando-then-a-tempo", "loop-with-two-silent-bars"}) {
    const Document document = read(name);
    Request request;
    request.bars = 4;
    const Players players = players_of(document, {}, {}, request.prompt_bars).value();
    ask_players(document, players, request);
    auto generator = Generator::create(engine, request);
    ASSERT_TRUE(generator) << name;
    while (generator->next().type != ReadEvent::Type::kEnd) {
    }
    const auto file = continue_document(document, players, generator->new_bars(), {}).value();
    const Document after = Document::read(file.bytes).value();
    EXPECT_EQ(after.music().end, Tick{8 * 1920}) << name;
    EXPECT_EQ(after.music().parts, document.music().parts) << name;
    for (const Track& track : after.music().score.tracks)
      for (const Note& note : track.notes)
        EXPECT_LE(note.onset + note.duration, Tick{8 * 1920}) << name;
    const auto alone =
        continue_document(document, players, generator->new_bars(), {.only_new = true}).value();
    EXPECT_EQ(Document::read(alone.bytes)->music().end, Tick{4 * 1920}) << name;
  }
}

TEST(Rewriting, ThePlayerIsHeardInTheNewNotesAlone) {
  const Document document = read("channels-3-5-16");
  RewriteRequest request = two_bars({0});
  request.added = {kDrumProgram};
  request.attempts = 5;
  request.play = [](Score& score, const Score& kept, Tick) -> Result<void> {
    for (std::size_t i = 0; i < score.tracks.size(); ++i)
      for (Note& note : score.tracks[i].notes)
        if (i >= kept.tracks.size() ||
            !std::binary_search(kept.tracks[i].notes.begin(), kept.tracks[i].notes.end(), note))
          note.velocity = 17;
    return {};
  };
  const auto done = rewrite_parts(test::small_engine({}, 500), document, request);
  ASSERT_TRUE(done);
  const Document after = Document::read(done->bytes).value();
  std::size_t played = 0;
  for (std::size_t i = 0; i < after.music().score.tracks.size(); ++i)
    for (const Note& note : after.music().score.tracks[i].notes) played += note.velocity == 17;
  EXPECT_EQ(played, done->notes);
  EXPECT_GT(played, 0u);
}

TEST(Continuing, OfTheWholePieceStartsBehindItsLastBar) {
  const Document document = read("loop-with-two-silent-bars");
  Request request;
  request.prompt_bars = 100'000;
  request.bars = 2;
  const Players players = players_of(document, {}, {56}, request.prompt_bars).value();
  ask_players(document, players, request);
  auto generator = Generator::create(test::small_engine({}, 500), request).value();
  while (generator.next().type != ReadEvent::Type::kEnd) {
  }
  const auto file = continue_document(document, players, generator.new_bars(), {}).value();
  EXPECT_EQ(Document::read(file.bytes)->music().end, Tick{10 * 1920});
  ASSERT_EQ(file.parts.size(), 1u);
  EXPECT_EQ(file.parts[0].title, "Trumpet");
}

}  // namespace
}  // namespace sage
