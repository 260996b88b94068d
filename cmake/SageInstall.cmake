# What `cmake --install` puts where. Components: program, page (what scripts/page.sh built), model (the bundled one),
# runtime (the shared library), development (headers, archives, CMake and pkg-config files), plugin.

include(CMakePackageConfigHelpers)

set(SAGE_DATA_FOLDER ${CMAKE_INSTALL_DATADIR}/sage-music)

# Any component can be installed without what others need.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# The installed program never has the trainer, and so never needs libtorch.
install(PROGRAMS $<TARGET_FILE:sage-music-light> DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME sage-music
        COMPONENT program)
if(NOT CMAKE_CROSSCOMPILING)  # the program writes its own manual pages and completion
  set(manual ${PROJECT_BINARY_DIR}/manual)
  file(MAKE_DIRECTORY ${manual}/completions)
  add_custom_command(OUTPUT ${manual}/man1/sage-music.1 ${manual}/completions/sage-music
                     COMMAND $<TARGET_FILE:sage-music-light> manual -o ${manual}/man1
                     COMMAND $<TARGET_FILE:sage-music-light> completion > ${manual}/completions/sage-music
                     DEPENDS sage-music-light VERBATIM)
  add_custom_target(sage_manual ALL DEPENDS ${manual}/man1/sage-music.1)
  install(DIRECTORY ${manual}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT program)
  install(DIRECTORY ${manual}/completions DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion COMPONENT program)
endif()
# The page is built apart from the program, and may not be there.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/build/page DESTINATION ${SAGE_DATA_FOLDER} COMPONENT page OPTIONAL)
install(FILES models/small.safetensors models/README.md DESTINATION ${SAGE_DATA_FOLDER}/models COMPONENT model)

# The layers behind <sage/sage.hpp>, top first, as a linker wants static libraries.
set(installed_layers generate metrics midi tokens nn kernels score base)
foreach(layer IN LISTS installed_layers)
  set_target_properties(sage_${layer} PROPERTIES EXPORT_NAME ${layer})
  target_include_directories(sage_${layer} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(sage_${layer} INTERFACE cxx_std_20)
endforeach()
set_target_properties(sage PROPERTIES EXPORT_NAME cpp)
set_target_properties(sage_capi PROPERTIES EXPORT_NAME c)
list(TRANSFORM installed_layers PREPEND sage_ OUTPUT_VARIABLE installed_targets)
install(TARGETS sage ${installed_targets} EXPORT sage_music ARCHIVE COMPONENT development)
install(TARGETS sage_capi EXPORT sage_music LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)

# Public headers: those of include/sage, and what they include; see cmake/public_headers.cmake.
install(CODE "set(source \"${PROJECT_SOURCE_DIR}\")\nset(work \"${PROJECT_BINARY_DIR}/public_headers\")\n\
set(destination \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")" COMPONENT development)
install(SCRIPT cmake/public_headers.cmake COMPONENT development)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/sage_music)
install(EXPORT sage_music NAMESPACE sage_music:: DESTINATION ${package_folder} FILE sage_music-targets.cmake
        COMPONENT development)
configure_package_config_file(cmake/sage_music-config.cmake.in ${PROJECT_BINARY_DIR}/sage_music-config.cmake
                              INSTALL_DESTINATION ${package_folder}
                              PATH_VARS SAGE_DATA_FOLDER)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sage_music-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sage_music-config.cmake ${PROJECT_BINARY_DIR}/sage_music-config-version.cmake
        DESTINATION ${package_folder} COMPONENT development)

list(TRANSFORM installed_targets PREPEND -l OUTPUT_VARIABLE archives)
list(JOIN archives " " archives)
set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH prefix_from_pkgconfig /${pkgconfig_folder} /)
foreach(package sage_music sage_music_cpp)
  configure_file(cmake/${package}.pc.in ${PROJECT_BINARY_DIR}/${package}.pc @ONLY)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/sage_music.pc ${PROJECT_BINARY_DIR}/sage_music_cpp.pc
        DESTINATION ${pkgconfig_folder} COMPONENT development)

include(SagePackage)
