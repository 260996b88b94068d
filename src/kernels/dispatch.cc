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
  const auto tables = tiles_registry();
  const bool has_unit = tables.size() > 1 && tables.back()->supported();
  return has_unit && forced_set() == nullptr ? tables.back() : nullptr;
}

}  // namespace sage
