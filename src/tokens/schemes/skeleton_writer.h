// The part of a writer that all schemes share; see skeleton_reader.h for what is written.
//
// `Notes` writes the notes of a bar, or of a hole's group, with
//   Notes(const TokenizerConfig&, TokenSink&);
//   void begin(const Span&);       a bar or a group begins
//   void write(const Placed&);     its notes, by (onset, program with drums last, pitch)
//   void end_bar();                a bar is over; the next one may follow
//   void close();                  the last bar, or a group, is over
#pragma once

#include <algorithm>
#include <vector>

#include "tokens/schemes/program_order.h"
#include "tokens/tokenization.h"

namespace sage {

/// Where a writer puts its tokens.
class TokenSink {
 public:
  TokenSink(const Vocabulary& vocabulary, int stride) : vocabulary_(vocabulary), stride_(stride) {}

  const Vocabulary& vocabulary() const { return vocabulary_; }
  void reserve(std::size_t tokens) { ids_.reserve(tokens); }
  void put(Kind kind, int value = 0) { ids_.push_back(vocabulary_.id(kind, value)); }
  /// A token that is a separate model step: PAD fills the other fields.
  void put_step(Kind kind, int value = 0) {
    put(kind, value);
    pad(stride_ - 1);
  }
  void pad(int fields) { ids_.insert(ids_.end(), static_cast<std::size_t>(fields), pad_); }
  std::vector<TokenId> take() { return std::move(ids_); }

 private:
  const Vocabulary& vocabulary_;
  int stride_;
  TokenId pad_ = vocabulary_.id(Kind::kPad);
  std::vector<TokenId> ids_;
};

/// A bar, or the part of a hole's program in it.
struct Span {
  std::int64_t start = 0;
  int length = 0;
  int hole = -1;  // the program, -1 in the bars themselves
};

struct Placed {
  const Note* note;
  int program;
};

/// All notes of a piece by (onset, program in its order, pitch).
class NoteOrder {
 public:
  NoteOrder(const Score& score, const HeaderOrder& order) {
    std::size_t count = 0;
    for (const Track& track : score.tracks) count += track.notes.size();
    order_.reserve(count);
    for (const Track& track : score.tracks)
      add(track, static_cast<std::uint64_t>(order.rank(track.program_or_drum())));
    const auto before = [](const Entry& a, const Entry& b) { return a.key < b.key; };
    // A single track is in order already.
    if (score.tracks.size() > 1) std::sort(order_.begin(), order_.end(), before);
  }
  std::size_t size() const { return order_.size(); }
  std::int64_t onset(std::size_t i) const { return order_[i].note->onset.count; }
  Placed operator[](std::size_t i) const { return {order_[i].note, order_[i].program}; }

 private:
  struct Entry {
    std::uint64_t key;  // onset, then 9 bits of the program's rank, then 7 of pitch
    const Note* note;
    int program;
  };
  void add(const Track& track, std::uint64_t rank) {
    for (const Note& note : track.notes)
      order_.push_back({static_cast<std::uint64_t>(note.onset.count) << 16 | rank << 7 | note.pitch,
                        &note, track.program_or_drum()});
  }
  std::vector<Entry> order_;
};

template <class Notes>
class SkeletonWriter {
 public:
  SkeletonWriter(const TokenizerConfig& config, const Vocabulary& vocabulary, int stride)
      : sink_(vocabulary, stride),
        notes_(config, sink_),
        by_header_(config.order == ProgramOrder::kHeader) {}

  std::vector<TokenId> write(const Quantised& piece, const EncodeOptions& options) {
    sink_.put_step(Kind::kBos);
    HeaderOrder programs;
    if (options.header) programs = header(piece.score, options.order);
    sink_.put_step(Kind::kStart);
    const NoteOrder order(piece.score, programs);
    sink_.reserve(order.size() * 5 + piece.bars.size() * 3 + 16);
    std::size_t next = 0;  // note
    auto hole = options.holes.begin();
    for (std::size_t b = 0; b < piece.bars.size(); ++b) {
      const Bar& bar = piece.bars[b];
      const Span span{bar.start.count, static_cast<int>(bar.length.count)};
      head(piece.score, bar);
      const std::size_t first_group = groups_.size();
      for (; hole != options.holes.end() && hole->bar == static_cast<int>(b); ++hole)
        open_group({span.start, span.length, hole->program});
      notes_.begin(span);
      for (; next < order.size() && order.onset(next) < bar.end().count; ++next)
        if (!take(order[next], first_group)) notes_.write(order[next]);
      notes_.end_bar();
    }
    if (options.end || !groups_.empty()) notes_.close();
    fill();
    if (options.end) sink_.put_step(Kind::kEos);
    return sink_.take();
  }

 private:
  struct Group {  // a hole's notes
    Span span;
    std::vector<Placed> notes;
  };

  /// Writes the header; returns the order that it gives.
  HeaderOrder header(const Score& score, const std::vector<int>& wanted) {
    HeaderOrder order;
    const auto say = [&](int program) {
      if (by_header_) order.list(program);
      sink_.put_step(Kind::kProgram, program);
    };
    if (by_header_)
      for (const int program : wanted) say(program);
    for (const Track& track : score.tracks)
      if (!order.lists(track.program_or_drum())) say(track.program_or_drum());
    return order;
  }

  void head(const Score& score, const Bar& bar) {
    sink_.put_step(Kind::kBar);
    const Vocabulary& vocabulary = sink_.vocabulary();
    if (meter_ < score.meters.size() && score.meters[meter_].time == bar.start)
      sink_.put_step(Kind::kTimeSignature, *vocabulary.meter_index(score.meters[meter_++].meter));
    if (tempo_ < score.tempos.size() && score.tempos[tempo_].time == bar.start)
      sink_.put_step(Kind::kTempo, vocabulary.tempo_index(score.tempos[tempo_++].us_per_quarter));
  }

  void open_group(const Span& span) {
    sink_.put_step(Kind::kHole);
    sink_.put_step(Kind::kProgram, span.hole);
    groups_.push_back({span, {}});
  }

  /// Keeps a note for the group of its hole, if it has one among those from `first` on.
  bool take(const Placed& placed, std::size_t first) {
    const auto group =
        std::find_if(groups_.begin() + static_cast<std::ptrdiff_t>(first), groups_.end(),
                     [&](const Group& g) { return g.span.hole == placed.program; });
    if (group == groups_.end()) return false;
    group->notes.push_back(placed);
    return true;
  }

  void fill() {
    if (groups_.empty()) return;
    sink_.put_step(Kind::kFill);
    for (const Group& group : groups_) {
      sink_.put_step(Kind::kBar);
      sink_.put_step(Kind::kProgram, group.span.hole);
      notes_.begin(group.span);
      for (const Placed& placed : group.notes) notes_.write(placed);
      notes_.close();
    }
    sink_.put_step(Kind::kEndFill);
  }

  TokenSink sink_;
  Notes notes_;
  bool by_header_;  // programs are in the header's order
  std::vector<Group> groups_;
  std::size_t meter_ = 0, tempo_ = 0;  // next change to be written
};

}  // namespace sage
