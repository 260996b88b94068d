#include "eval/suffix_automaton.h"

namespace sage {

SuffixAutomaton::State SuffixAutomaton::next(State state, std::int32_t symbol) const {
  const auto found = moves_.find(key(state, symbol));
  return found == moves_.end() ? -1 : found->second;
}

/// `to` holds strings that are too long to be the target of `from`: the shorter ones get a state of
/// their own, which takes over the moves that lead to them.
SuffixAutomaton::State SuffixAutomaton::split(State from, std::int32_t symbol, State to) {
  const auto clone = static_cast<State>(states_.size());
  states_.push_back({length(from) + 1, link(to)});
  symbols_.push_back(symbols_[static_cast<std::size_t>(to)]);
  for (const std::int32_t out : symbols_.back()) moves_[key(clone, out)] = next(to, out);
  states_[static_cast<std::size_t>(to)].link = clone;
  for (; from >= 0 && next(from, symbol) == to; from = link(from))
    moves_[key(from, symbol)] = clone;
  return clone;
}

/// The state of the sequence so far with `symbol` behind it.
SuffixAutomaton::State SuffixAutomaton::extend(State last, std::int32_t symbol) {
  if (const State to = next(last, symbol); to >= 0)  // an earlier sequence has it
    return length(to) == length(last) + 1 ? to : split(last, symbol, to);
  const auto fresh = static_cast<State>(states_.size());
  states_.push_back({length(last) + 1, kRoot});
  symbols_.emplace_back();
  State from = last;
  for (; from >= 0 && next(from, symbol) < 0; from = link(from)) {
    moves_[key(from, symbol)] = fresh;
    symbols_[static_cast<std::size_t>(from)].push_back(symbol);
  }
  if (from >= 0) {
    const State to = next(from, symbol);
    states_[static_cast<std::size_t>(fresh)].link =
        length(to) == length(from) + 1 ? to : split(from, symbol, to);
  }
  return fresh;
}

void SuffixAutomaton::add(std::span<const std::int32_t> sequence) {
  State last = kRoot;
  for (const std::int32_t symbol : sequence) last = extend(last, symbol);
}

}  // namespace sage
