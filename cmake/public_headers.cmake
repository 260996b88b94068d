# Installs the public headers (run by `cmake --install`): those of include/sage, and what they include. A
# header of a layer goes to include/sage/LAYER, and `#include "LAYER/NAME.h"` becomes
# `#include "sage/LAYER/NAME.h"`, so that nothing outside of sage/ is taken.
#
# Variables: source (the source folder), work (a scratch folder), destination (the include folder).
cmake_policy(VERSION 3.25)
file(REMOVE_RECURSE ${work})
file(GLOB waiting RELATIVE ${source}/include/sage ${source}/include/sage/*)
set(seen ${waiting})
while(waiting)
  list(POP_FRONT waiting header)
  set(file ${source}/src/${header})
  if(NOT EXISTS ${file})
    set(file ${source}/include/sage/${header})
  endif()
  file(READ ${file} text)
  string(REGEX MATCHALL "#include \"[^\"]+\"" includes "${text}")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "#include \"(.*)\"" "\\1" included "${include}")
    if(NOT included IN_LIST seen)
      list(APPEND seen ${included})
      list(APPEND waiting ${included})
    endif()
  endforeach()
  string(REPLACE "#include \"" "#include \"sage/" text "${text}")
  file(WRITE ${work}/${header} "${text}")
endwhile()
file(INSTALL ${work}/ DESTINATION ${destination}/sage)
