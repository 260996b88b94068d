// How every picture of this layer looks. Internal to plot.
#pragma once

#include <string_view>

namespace sage::plot {

inline constexpr double kMargin = 16;      // pixels around everything
inline constexpr double kCharacter = 6.9;  // pixels, the mean width of a letter

// Classes are scoped: a page may hold many charts beside other pictures.
inline constexpr std::string_view kStyle =
    "<style>.chart text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',"
    "sans-serif;fill:#475569;font-variant-numeric:tabular-nums}.chart .title{font-size:14px;"
    "font-weight:600;fill:#1e293b}.chart .end{text-anchor:end}.chart .mid{text-anchor:middle}"
    ".chart .back{fill:#fff}.chart .grid{stroke:#e8edf3}.chart .axis{stroke:#94a3b8}"
    ".chart .bar{stroke:#334155}"
    "@media(prefers-color-scheme:dark){.chart text{fill:#cbd5e1}.chart .title{fill:#f1f5f9}"
    ".chart .back{fill:#0b1020}.chart .grid{stroke:#1c2637}.chart .axis{stroke:#475569}"
    ".chart .bar{stroke:#e2e8f0}}</style>\n";

}  // namespace sage::plot
