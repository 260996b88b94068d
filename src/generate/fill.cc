#include "generate/fill.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "generate/history.h"
#include "generate/holes.h"
#include "generate/picker.h"

namespace sage {
namespace {

constexpr int kMostBars = 16;             // written in one stretch
constexpr double kReadContext = 0.7;      // of the model's context, what stands around included
constexpr std::size_t kClosingSteps = 8;  // to end a note, and the piece

/// Writes by the model's FILL: a stretch of bars with holes, then what belongs into them.
class Infiller {
 public:
  Infiller(std::shared_ptr<const Engine> engine, const InfillRequest& request, PieceWithHoles piece)
      : engine_(std::move(engine)),
        tokenizer_(engine_->tokenizer()),
        picker_(engine_, request.sampler, request.seed, {.threads = request.threads}),
        piece_(std::move(piece)) {}

  Result<Infilled> run(const InfillCallback& callback);

 private:
  struct Stretch {
    BarRange holes, window;
    std::vector<TokenId> prefix;  // base ids up to FILL
  };

  const std::vector<int>& programs() const { return piece_.programs(); }
  std::vector<TokenId> prefix_of(BarRange holes, BarRange window,
                                 const ProgramSet& hidden = {}) const;
  bool hide_one(int bar, ProgramSet& hidden) const;
  Result<Stretch> plan(int next) const;
  void write(const Stretch& stretch);
  TokenId next_token(const EventReader& reader, std::size_t groups_left, std::size_t group_begin,
                     const TokenHistory& history);
  std::size_t capacity() const {  // base or merged tokens of a context
    return static_cast<std::size_t>(engine_->context() * tokenizer_.stride());
  }

  std::shared_ptr<const Engine> engine_;
  const Tokenizer& tokenizer_;
  Picker picker_;
  PieceWithHoles piece_;
};

std::vector<TokenId> Infiller::prefix_of(BarRange holes, BarRange window,
                                         const ProgramSet& hidden) const {
  EncodeOptions options;
  for (int bar = holes.begin; bar < holes.end; ++bar)
    for (const int program : programs()) options.holes.push_back({bar - window.begin, program});
  auto ids = tokenizer_.write(piece_.window(window, hidden), options);
  const auto fill = std::find(ids.begin(), ids.end(), tokenizer_.vocabulary().id(Kind::kFill));
  ids.erase(fill + tokenizer_.stride(), ids.end());
  return ids;
}

/// Leaves the busiest instrument of a bar out of what the model reads; false where none is left.
bool Infiller::hide_one(int bar, ProgramSet& hidden) const {
  int busiest = -1;
  std::size_t most = 0;
  for (int program = 0; program < kProgramCount; ++program) {
    const std::size_t notes = piece_.notes_in(program, {bar, bar + 1}).size();
    if (hidden[static_cast<std::size_t>(program)] || notes <= most) continue;
    most = notes;
    busiest = program;
  }
  if (busiest >= 0) hidden.set(static_cast<std::size_t>(busiest));
  return busiest >= 0;
}

/// As many bars to write as the context has room for, with as much around them as fits: two bars
/// before for each one after.
Result<Infiller::Stretch> Infiller::plan(int next) const {
  const auto budget = static_cast<std::size_t>(kReadContext * static_cast<double>(capacity()));
  const int count = static_cast<int>(piece_.piece().bars.size());
  for (int bars = std::min(kMostBars, piece_.bars().end - next); bars > 0; bars /= 2) {
    Stretch stretch{{next, next + bars}, {next, next + bars}, {}};
    // What is written there takes about as much room as what stands there, and its frame.
    const std::size_t holes = static_cast<std::size_t>(bars) * programs().size();
    const std::size_t frame = 2 * holes * static_cast<std::size_t>(tokenizer_.stride());
    stretch.prefix = prefix_of(stretch.holes, stretch.window);
    if (bars > 1 && stretch.prefix.size() + 4 * frame > budget) continue;
    // A bar of an orchestra may be more than a context: then only some of it is read.
    ProgramSet hidden;
    const std::size_t least =
        frame + 2 * kClosingSteps * static_cast<std::size_t>(tokenizer_.stride());
    while (stretch.prefix.size() + least > capacity() && hide_one(next, hidden))
      stretch.prefix = prefix_of(stretch.holes, stretch.window, hidden);
    if (stretch.prefix.size() + least > capacity()) break;
    if (hidden.any()) return stretch;
    for (bool grows = true; grows;) {
      grows = false;
      for (const int side : {-2, 1}) {
        BarRange wider = stretch.window;
        if (side < 0)
          wider.begin = std::max(0, wider.begin + side);
        else
          wider.end = std::min(count, wider.end + side);
        if (wider.begin == stretch.window.begin && wider.end == stretch.window.end) continue;
        auto prefix = prefix_of(stretch.holes, wider);
        if (prefix.size() + 4 * frame > budget) continue;
        stretch.window = wider;
        stretch.prefix = std::move(prefix);
        grows = true;
      }
    }
    return stretch;
  }
  return fail(ErrorCode::kLimit, "the model's context of " + std::to_string(engine_->context()) +
                                     " is too short for " + std::to_string(programs().size()) +
                                     " instruments at once; ask for fewer");
}

/// Ends the group where it has had its share of what room there is, else asks the model.
TokenId Infiller::next_token(const EventReader& reader, std::size_t groups_left,
                             std::size_t group_begin, const TokenHistory& history) {
  const auto stride = static_cast<std::size_t>(tokenizer_.stride());
  const std::size_t needed = stride * (2 * groups_left + kClosingSteps);
  const std::size_t room = capacity() - std::min(capacity(), history.size() + needed);
  const std::size_t share = 2 * room / (groups_left + 1);
  if (history.size() - group_begin >= share) {
    TokenMask mask;
    reader.allowed(mask);
    for (const Kind kind : {Kind::kBar, Kind::kEndFill})
      if (const TokenId id = tokenizer_.vocabulary().id(kind); mask.allows(id)) return id;
  }
  return picker_.pick(reader, history);
}

void Infiller::write(const Stretch& stretch) {
  const auto reader = tokenizer_.reader();
  TokenHistory history(tokenizer_);
  for (const TokenId id : stretch.prefix) reader->push(id);
  for (const TokenId id : tokenizer_.merge(stretch.prefix)) history.push(id);
  picker_.forget();
  const TokenId bar = tokenizer_.vocabulary().id(Kind::kBar);
  const Tick offset = piece_.bar(stretch.window.begin).start;
  std::size_t groups_left =
      static_cast<std::size_t>(stretch.holes.end - stretch.holes.begin) * programs().size();
  std::size_t group_begin = history.size();
  for (bool ended = false; !ended;) {
    const TokenId id = next_token(*reader, groups_left, group_begin, history);
    history.push(id);
    for (const TokenId base : tokenizer_.expansion(id)) {
      ReadEvent event = reader->push(base);
      if (base == bar) {
        groups_left -= groups_left > 0;
        group_begin = history.size();
      }
      if (event.type == ReadEvent::Type::kEnd) ended = true;
      if (event.type != ReadEvent::Type::kNote) continue;
      const Note note = {event.onset + offset, event.duration, event.pitch, event.velocity};
      piece_.add(event.program, {&note, 1});
    }
  }
}

Result<Infilled> Infiller::run(const InfillCallback& callback) {
  std::size_t stretches = 0;
  for (int next = piece_.bars().begin; next < piece_.bars().end;) {
    if (callback && !callback(next - piece_.bars().begin, piece_.bars().end - piece_.bars().begin))
      return fail(ErrorCode::kInterrupted, "interrupted");
    const auto stretch = plan(next);
    if (!stretch) return tl::unexpected(stretch.error());
    write(*stretch);
    next = stretch->holes.end;
    ++stretches;
  }
  Infilled out = piece_.result();
  out.stretches = stretches;
  return out;
}

}  // namespace

Result<Infilled> infill_by_fill(std::shared_ptr<const Engine> engine, const InfillRequest& request,
                                const InfillCallback& callback) {
  auto piece = PieceWithHoles::create(request, engine->tokenizer());
  if (!piece) return tl::unexpected(piece.error());
  return Infiller(std::move(engine), request, *std::move(piece)).run(callback);
}

}  // namespace sage
