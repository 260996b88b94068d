#include <cstdlib>
#include <string>

#include "kernels/kernel_table.h"
#include "kernels/tile_kernels.h"

namespace sage {
namespace {

/// What SAGE_ISA says; null where it says nothing.
const char* forced_set() {
  const char* forced = std::getenv("SAGE_ISA");
  return forced == nullptr || *forced == '\0' ? nullptr : forced;
}

}  // namespace

std::vector<const KernelTable*> supported_kernels() {
  std::vector<const KernelTable*> tables;
  for (const KernelTable* table : kernels_registry())
    if (table->supported()) tables.push_back(table);
  return tables;
}

Result<const KernelTable*> select_kernels() {
  const auto tables = supported_kernels();
  const char* const forced = forced_set();
  if (forced == nullptr) return tables.back();
  std::string names;
  for (const KernelTable* table : tables) {
    if (table->name == forced) return table;
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  }
  return fail(ErrorCode::kUnsupported,
              "SAGE_ISA is '" + std::string(forced) +
                  "', which this program or processor does not have; use one of " + names +
                  " or leave it unset");
}

const KernelTable& default_kernels() {
  const auto selected = select_kernels();
  return selected ? **selected : *supported_kernels().back();
}

const TileKernels* fast_tile_kernels() {
  if (forced_set() != nullptr) return nullptr;
  const auto sets = tiles_registry();
  for (std::size_t i = sets.size(); i-- > 1;)  // the slowest comes first: the slow twin
    if (sets[i]->supported()) return sets[i];
  return nullptr;
}

}  // namespace sage
