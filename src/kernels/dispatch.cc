#include <cstdlib>
#include <string>

#include "kernels/kernel_table.h"

namespace sage {

std::vector<const KernelTable*> supported_kernels() {
  std::vector<const KernelTable*> tables;
  for (const KernelTable* table : kernels_registry())
    if (table->supported()) tables.push_back(table);
  return tables;
}

Result<const KernelTable*> select_kernels() {
  const auto tables = supported_kernels();
  const char* forced = std::getenv("SAGE_ISA");
  if (forced == nullptr || *forced == '\0') return tables.back();
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

}  // namespace sage
