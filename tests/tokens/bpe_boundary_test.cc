// Words of base tokens: the one linear scan against a reader's result for each token.
#include "tokens/bpe/boundary.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "midi/reader.h"
#include "random_music.h"
#include "support.h"
#include "tokens/configs.h"

namespace sage {
namespace {

using Ids = std::vector<std::uint16_t>;
using Ends = std::vector<std::uint32_t>;

Ids narrow(const std::vector<TokenId>& ids) { return {ids.begin(), ids.end()}; }

Ends cut(const Tokenizer& tokenizer, const Ids& ids, Boundary boundary) {
  const Segmenter segmenter(tokenizer.tokenization(), tokenizer.config(), tokenizer.vocabulary(),
                            boundary);
  Ends ends = {7, 7, 7};  // to be replaced
  segmenter.words(ids, ends);
  return ends;
}

/// What a token belongs to, as a reader sees it: tokens side by side with equal labels are a word.
struct Label {
  enum Type { kFrame, kHead, kNotes } type = kFrame;
  std::int64_t bar = 0;
  std::int64_t stretch = 0;  // a note, position or beat of the bar; its number for a frame
  friend bool operator==(const Label&, const Label&) = default;
};

/// Reference implementation: follows a reader, which knows the grammar, the bars and the time.
class WordsOfReader {
 public:
  WordsOfReader(const Tokenizer& tokenizer, Boundary boundary)
      : tokenizer_(tokenizer), boundary_(boundary), reader_(tokenizer.reader()) {}

  Ends cut(const Ids& ids) {
    for (const std::uint16_t id : ids) take(id);
    end_note();
    Ends ends;
    for (std::size_t i = 1; i <= labels_.size(); ++i)
      if (i == labels_.size() || !(labels_[i] == labels_[i - 1]))
        ends.push_back(static_cast<std::uint32_t>(i));
    return ends;
  }

 private:
  void take(std::uint16_t id) {
    const Kind kind = tokenizer_.vocabulary().event(id).kind;
    const bool starts_bar = kind == Kind::kBar;
    const bool head = starts_bar || kind == Kind::kTimeSignature || kind == Kind::kTempo;
    if (head || is_frame(kind)) end_note();
    EXPECT_NE(reader_->push(id).type, ReadEvent::Type::kIllegal);
    if (kind == Kind::kStart) started_ = true;
    if (kind == Kind::kFill) filling_ = true;
    if (starts_bar) ++bar_;
    // The position of a hole's group is known once its program is.
    const bool begins_group = filling_ && before_ == Kind::kBar && kind == Kind::kProgram;
    if (starts_bar || begins_group) bar_start_ = reader_->now().count;
    position_ = reader_->now().count - bar_start_;
    if (is_frame(kind)) {
      labels_.push_back({Label::kFrame, bar_, ++frames_});
    } else if (head) {
      const bool own = boundary_ != Boundary::kNone && boundary_ != Boundary::kBar;
      labels_.push_back({own ? Label::kHead : Label::kNotes, bar_of_label(), 0});
    } else {
      ++note_tokens_;
      if (tokenizer_.tokenization().ends_note(kind, tokenizer_.config())) end_note();
    }
    if (kind != Kind::kPad) before_ = kind;
  }

  bool is_frame(Kind kind) const {
    static const std::set<Kind> always = {Kind::kBos,  Kind::kEos,  Kind::kStart,
                                          Kind::kHole, Kind::kFill, Kind::kEndFill};
    if (kind == Kind::kPad) return note_tokens_ == 0;  // else it is a field of a compound note
    const bool at_hole = before_ == Kind::kHole || (filling_ && before_ == Kind::kBar);
    return always.contains(kind) || (kind == Kind::kProgram && (!started_ || at_hole));
  }

  void end_note() {
    if (note_tokens_ == 0) return;
    std::int64_t stretch = 0;
    if (boundary_ == Boundary::kNote) stretch = ++notes_;
    if (boundary_ == Boundary::kPosition) stretch = position_;
    if (boundary_ == Boundary::kBeat) stretch = position_ / tokenizer_.config().grid;
    labels_.resize(labels_.size() + note_tokens_, {Label::kNotes, bar_of_label(), stretch});
    note_tokens_ = 0;
  }

  std::int64_t bar_of_label() const { return boundary_ == Boundary::kNone ? 0 : bar_; }

  const Tokenizer& tokenizer_;
  Boundary boundary_;
  std::unique_ptr<EventReader> reader_;
  std::vector<Label> labels_;
  Kind before_ = Kind::kPad;
  std::int64_t frames_ = 0, notes_ = 0, bar_ = 0, bar_start_ = 0, position_ = 0;
  std::size_t note_tokens_ = 0;  // of a note that has not ended
  bool started_ = false, filling_ = false;
};

/// Holes at random: whole programs in some of the bars.
std::vector<Hole> any_holes(const Quantised& piece) {
  std::vector<Hole> holes;
  for (int bar = 0; bar < static_cast<int>(piece.bars.size()); ++bar)
    for (const Track& track : piece.score.tracks)
      if (*rc::gen::inRange(0, 8) == 0) holes.push_back({bar, track.program_or_drum()});
  std::sort(holes.begin(), holes.end());
  return holes;
}

void expect_words_of_reader(const Tokenizer& tokenizer, const Ids& ids) {
  for (const Boundary boundary : kBoundaries)
    ASSERT_EQ(cut(tokenizer, ids, boundary), WordsOfReader(tokenizer, boundary).cut(ids))
        << tokenizer.config().scheme << " at " << boundary_name(boundary);
}

RC_GTEST_PROP(SegmenterProperty, CutsWhereAReaderWould, ()) {
  static const auto tokenizers = test::default_grid_tokenizers();
  const Score score = *test::any_score();
  for (const Tokenizer& tokenizer : tokenizers) {
    const auto piece = tokenizer.quantise(score).value();
    const bool header = *rc::gen::arbitrary<bool>();
    const auto holes = any_holes(piece);
    expect_words_of_reader(tokenizer, narrow(tokenizer.encode(score, {.header = header}).value()));
    expect_words_of_reader(
        tokenizer, narrow(tokenizer.encode(score, {.header = header, .holes = holes}).value()));
  }
  RC_ASSERT(!testing::Test::HasFailure());
}

TEST(Segmenter, CutsRealPiecesWhereAReaderWould) {
  const auto folder = test::data_directory("valid_clean");
  if (!folder) GTEST_SKIP() << "no data set valid_clean";
  for (const auto& file : test::midi_files(*folder, 25)) {
    const auto read = read_midi_file(file);
    if (!read) continue;
    for (const Tokenizer& tokenizer : test::default_grid_tokenizers())
      if (const auto ids = tokenizer.encode(read->score))
        expect_words_of_reader(tokenizer, narrow(*ids));
  }
}

/// Two bars of remi+, compact, by hand.
class SegmenterWords : public testing::Test {
 protected:
  SegmenterWords() : tokenizer_(Tokenizer::create({}).value()) {
    put(Kind::kBos), put(Kind::kProgram, 0), put(Kind::kProgram, 128), put(Kind::kStart);
    put(Kind::kBar), put(Kind::kTimeSignature), put(Kind::kTempo);  // 4..6
    put(Kind::kPosition, 0), put(Kind::kProgram, 0), put(Kind::kPitch, 60), put(Kind::kDuration);
    put(Kind::kPitch, 64), put(Kind::kDuration);                           // 11..12
    put(Kind::kProgram, 128), put(Kind::kDrum, 36), put(Kind::kDuration);  // 13..15
    put(Kind::kPosition, 11), put(Kind::kProgram, 0), put(Kind::kPitch, 60), put(Kind::kDuration);
    put(Kind::kPosition, 12), put(Kind::kProgram, 0), put(Kind::kPitch, 60), put(Kind::kDuration);
    put(Kind::kBar), put(Kind::kEos);  // 24..25
  }
  void put(Kind kind, int value = 0) {
    ids_.push_back(static_cast<std::uint16_t>(tokenizer_.vocabulary().id(kind, value)));
  }

  Tokenizer tokenizer_;
  Ids ids_;
};

TEST_F(SegmenterWords, AreThoseOfTheBoundary) {
  EXPECT_EQ(cut(tokenizer_, ids_, Boundary::kNone), (Ends{1, 2, 3, 4, 25, 26}));
  EXPECT_EQ(cut(tokenizer_, ids_, Boundary::kBar), (Ends{1, 2, 3, 4, 24, 25, 26}));
  EXPECT_EQ(cut(tokenizer_, ids_, Boundary::kBeat), (Ends{1, 2, 3, 4, 7, 20, 24, 25, 26}));
  EXPECT_EQ(cut(tokenizer_, ids_, Boundary::kPosition), (Ends{1, 2, 3, 4, 7, 16, 20, 24, 25, 26}));
  EXPECT_EQ(cut(tokenizer_, ids_, Boundary::kNote),
            (Ends{1, 2, 3, 4, 7, 11, 13, 16, 20, 24, 25, 26}));
}

TEST_F(SegmenterWords, OfAStretchFromABarOnAreThoseOfThePiece) {
  const Ids tail(ids_.begin() + 4, ids_.end());
  for (const Boundary boundary : kBoundaries) {
    const Ends whole = cut(tokenizer_, ids_, boundary);
    Ends shifted;
    for (const std::uint32_t end : whole)
      if (end > 4) shifted.push_back(end - 4);
    EXPECT_EQ(cut(tokenizer_, tail, boundary), shifted) << boundary_name(boundary);
  }
}

TEST_F(SegmenterWords, OfATornNoteAreOneMoreNote) {
  const Ids torn(ids_.begin(), ids_.begin() + 9);  // POSITION PROGRAM without pitch
  EXPECT_EQ(cut(tokenizer_, torn, Boundary::kNote), (Ends{1, 2, 3, 4, 7, 9}));
  EXPECT_EQ(cut(tokenizer_, torn, Boundary::kBeat), (Ends{1, 2, 3, 4, 7, 9}));
  EXPECT_EQ(cut(tokenizer_, torn, Boundary::kBar), (Ends{1, 2, 3, 4, 9}));
  EXPECT_EQ(cut(tokenizer_, {}, Boundary::kNote), Ends{});
}

TEST(Boundary, NamesGoThereAndBack) {
  for (const Boundary boundary : kBoundaries)
    EXPECT_EQ(boundary_from_name(boundary_name(boundary)), boundary);
  EXPECT_EQ(boundary_from_name("phrase"), std::nullopt);
}

}  // namespace
}  // namespace sage
