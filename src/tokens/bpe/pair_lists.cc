#include "tokens/bpe/pair_lists.h"

#include <algorithm>

namespace sage {
namespace {

// Below this many places a second thread costs more than it saves.
constexpr std::size_t kManyPlaces = 1 << 14;

}  // namespace

void PairLister::divide(std::span<const std::uint32_t> at, std::uint32_t length) {
  const std::size_t parts = at.size() < kManyPlaces ? 1 : static_cast<std::size_t>(pool_.size());
  chunks_.clear();
  std::size_t begin = 0;
  for (std::size_t part = 1; part <= parts; ++part) {
    std::size_t end = std::max(begin, at.size() * part / parts);
    while (end > 0 && end < at.size() && at[end] - at[end - 1] <= length) ++end;
    chunks_.push_back({.begin = begin, .end = end});
    begin = end;
  }
}

template <class Body>
void PairLister::for_chunks(const Body& body) {
  if (chunks_.size() == 1) return body(chunks_.front(), tallies_.front());
  pool_.run([&](int index, int) {
    const auto i = static_cast<std::size_t>(index);
    body(chunks_[i], tallies_[i]);
  });
}

void PairLister::join_kept(std::vector<std::uint32_t>& at) {
  std::size_t size = 0;
  for (const Chunk& chunk : chunks_) {
    if (size != chunk.begin)
      std::copy_n(at.begin() + static_cast<std::ptrdiff_t>(chunk.begin), chunk.kept,
                  at.begin() + static_cast<std::ptrdiff_t>(size));
    size += chunk.kept;
  }
  at.resize(size);
}

void PairLister::recount(PairList& pair) {
  const std::uint32_t length = text_.length(pair.left) + text_.length(pair.right);
  divide(pair.at, text_.length(pair.left));
  for_chunks([&](Chunk& chunk, Tally&) {
    MergeText::Weights weights(text_);
    std::uint32_t* const at = pair.at.data();
    std::size_t kept = chunk.begin;
    std::uint32_t free = 0;  // where the last replacement would end
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      const std::uint32_t place = at[i];
      if (!text_.holds(place, pair.left, pair.right)) continue;
      at[kept++] = place;
      if (place < free) continue;
      free = place + length;
      chunk.weight += weights.at(place);
    }
    chunk.kept = kept - chunk.begin;
  });
  pair.count = 0;
  for (const Chunk& chunk : chunks_) pair.count += chunk.weight;
  join_kept(pair.at);
}

void PairLister::replace(PairList& pair, std::uint16_t token) {
  const std::uint32_t length = text_.length(token);
  divide(pair.at, text_.length(pair.left));
  for_chunks([&](Chunk& chunk, Tally&) {
    std::uint32_t* const at = pair.at.data();
    std::size_t kept = chunk.begin;
    std::uint32_t free = 0;
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      const std::uint32_t place = at[i];
      if (place < free) continue;
      free = place + length;
      text_.replace(place, pair.left, token);
      at[kept++] = place;
    }
    chunk.kept = kept - chunk.begin;
  });
  join_kept(pair.at);
}

void PairLister::pairs_of(std::uint16_t token, std::span<const std::uint32_t> at, Side side,
                          std::uint64_t least, std::vector<PairList>& to) {
  const bool after = side == Side::kAfter;
  const std::uint32_t length = text_.length(token);
  if (neighbours_.size() < at.size()) neighbours_.resize(at.size());
  divide(at, length);
  for_chunks([&](const Chunk& chunk, Tally& tally) {
    tally.clear();
    MergeText::Weights weights(text_);
    std::uint32_t free = 0;  // where the last replacement of a pair of this token with itself ends
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      const std::uint32_t place = at[i];
      std::uint16_t other = after ? text_[place + length] : text_[place - 1];
      if (!after && other == token) other = MergeText::kGap;
      neighbours_[i] = other;
      if (other == MergeText::kGap) continue;
      const bool overlaps = other == token && place < free;
      if (other == token && !overlaps) free = place + 2 * length;
      tally.add(other, overlaps ? 0 : weights.at(place));
    }
  });
  total_.clear();
  for (std::size_t i = 0; i < chunks_.size(); ++i)
    for (const std::uint16_t id : tallies_[i].seen())
      total_.add(id, tallies_[i][id].weight, tallies_[i][id].places);
  bool any = false;
  for (const std::uint16_t id : total_.seen()) {
    if (total_[id].weight < least) continue;
    any = true;
    to.push_back(
        {.count = total_[id].weight, .left = after ? token : id, .right = after ? id : token});
    to.back().at.resize(total_[id].places);
    std::uint32_t* out = to.back().at.data();
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
      if (tallies_[i][id].places == 0) continue;
      tallies_[i][id].out = out;
      out += tallies_[i][id].places;
    }
  }
  if (!any) return;
  for_chunks([&](const Chunk& chunk, Tally& tally) {
    for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
      const std::uint16_t other = neighbours_[i];
      std::uint32_t*& out = tally[other].out;
      if (out != nullptr) *out++ = after ? at[i] : at[i] - text_.length(other);
    }
  });
}

// Places are sorted by their token in one counting sort, then each token's by what follows it.
// Only tokens that come often enough can be in a pair that does.
void PairLister::all_pairs(std::uint64_t least, std::vector<PairList>& to) {
  text_.compact();
  const auto threads = static_cast<std::size_t>(pool_.size());
  const auto for_cells = [&](const auto& body) {
    pool_.run([&](int index, int count) {
      const auto cut = [&](int i) {
        return static_cast<std::uint32_t>(std::uint64_t{text_.size()} * static_cast<unsigned>(i) /
                                          static_cast<unsigned>(count));
      };
      body(static_cast<std::size_t>(index), cut(index), cut(index + 1));
    });
  };
  std::vector<std::vector<std::uint64_t>> counts(threads,
                                                 std::vector<std::uint64_t>(MergeText::kIds));
  for_cells([&](std::size_t t, std::uint32_t begin, std::uint32_t end) {
    MergeText::Weights weights(text_);
    for (std::uint32_t i = begin; i < end; ++i) counts[t][text_[i]] += weights.at(i);
  });
  std::vector<char> heavy(MergeText::kIds);
  for (std::size_t id = 0; id < MergeText::kGap; ++id) {
    std::uint64_t count = 0;
    for (const auto& of_thread : counts) count += of_thread[id];
    heavy[id] = count >= least;
  }
  const auto for_pairs = [&](const auto& body) {
    for_cells([&](std::size_t t, std::uint32_t begin, std::uint32_t end) {
      for (std::uint32_t i = begin; i < end; ++i)
        if (heavy[text_[i]] && heavy[text_[i + 1]]) body(t, i);
    });
  };
  for (auto& of_thread : counts) std::fill(of_thread.begin(), of_thread.end(), 0);
  for_pairs([&](std::size_t t, std::uint32_t i) { ++counts[t][text_[i]]; });
  std::vector<std::size_t> ends(MergeText::kIds);
  std::size_t places = 0;
  for (std::size_t id = 0; id < ends.size(); ++id) {
    for (auto& of_thread : counts) {
      const std::size_t count = of_thread[id];
      of_thread[id] = places;  // from now on: where its next place goes
      places += count;
    }
    ends[id] = places;
  }
  std::vector<std::uint32_t> at(places);
  for_pairs([&](std::size_t t, std::uint32_t i) { at[counts[t][text_[i]]++] = i; });
  for (std::size_t id = 0, begin = 0; id < ends.size(); begin = ends[id++])
    if (begin < ends[id])
      pairs_of(static_cast<std::uint16_t>(id), std::span(at).subspan(begin, ends[id] - begin),
               Side::kAfter, least, to);
}

}  // namespace sage
