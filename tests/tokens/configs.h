// Every tokenizer that the registry can build: each scheme, both layouts, velocity on and off, all
// grids, each order of programs that the scheme has.
#pragma once

#include <string>
#include <vector>

#include "tokens/tokenizer.h"

namespace sage::test {

inline std::vector<Tokenizer> all_tokenizers() {
  std::vector<Tokenizer> all;
  for (const Tokenization* scheme : tokenization_registry())
    for (const Layout layout : {Layout::kFull, Layout::kCompact})
      for (const bool velocity : {false, true})
        for (const int grid : {4, 8, 12, 16, 24})
          for (const ProgramOrder order : {ProgramOrder::kNumber, ProgramOrder::kHeader})
            if (order == ProgramOrder::kNumber || scheme->can_order_by_header())
              all.push_back(
                  Tokenizer::create({std::string(scheme->name()), layout, velocity, grid, order})
                      .value());
  return all;
}

/// The tokenizers at the default grid.
inline std::vector<Tokenizer> default_grid_tokenizers() {
  std::vector<Tokenizer> some;
  for (auto& tokenizer : all_tokenizers())
    if (tokenizer.config().grid == 12) some.push_back(tokenizer);
  return some;
}

}  // namespace sage::test
