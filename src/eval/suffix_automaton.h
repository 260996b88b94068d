// All substrings of a set of sequences in linear space: the suffix automaton (Blumer et al. 1985).
//
// Used the other way round than a suffix array of a training set: the automaton holds the few
// outputs, and the training set streams by, piece after piece, so that its size costs time only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace sage {

class SuffixAutomaton {
 public:
  using State = std::int32_t;
  static constexpr State kRoot = 0;

  SuffixAutomaton() : states_(1) {}

  /// Adds a sequence; substrings do not reach across sequences.
  void add(std::span<const std::int32_t> sequence);

  /// The state that `symbol` leads to, or -1.
  State next(State state, std::int32_t symbol) const;
  /// The state of the longest proper suffix that lies in another state; -1 for the root.
  State link(State state) const { return states_[static_cast<std::size_t>(state)].link; }
  /// The length of the longest string of a state.
  std::int32_t length(State state) const { return states_[static_cast<std::size_t>(state)].length; }
  std::size_t size() const { return states_.size(); }

  /// Walks a text and calls visit(state, length, index) behind each of its symbols, for the longest
  /// suffix of the text so far that is a substring of some sequence.
  template <class Visit>
  void match(std::span<const std::int32_t> text, const Visit& visit) const {
    State state = kRoot;
    std::int32_t matched = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      State to = next(state, text[i]);
      while (to < 0 && state != kRoot) {
        state = link(state);
        matched = length(state);
        to = next(state, text[i]);
      }
      if (to >= 0) state = to, ++matched;
      visit(state, matched, i);
    }
  }

 private:
  struct StateData {
    std::int32_t length = 0;
    State link = -1;
  };
  static std::uint64_t key(State state, std::int32_t symbol) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(state)) << 32 |
           static_cast<std::uint32_t>(symbol);
  }
  State split(State from, std::int32_t symbol, State to);
  State extend(State last, std::int32_t symbol);

  struct Hash {  // SplitMix64's mixing: keys lie close together
    std::size_t operator()(std::uint64_t x) const {
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
      x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
      return static_cast<std::size_t>(x ^ (x >> 31));
    }
  };
  std::vector<StateData> states_;
  std::unordered_map<std::uint64_t, State, Hash> moves_;
  // The symbols that lead out of each state, for copying a state when it splits.
  std::vector<std::vector<std::int32_t>> symbols_ = std::vector<std::vector<std::int32_t>>(1);
};

}  // namespace sage
