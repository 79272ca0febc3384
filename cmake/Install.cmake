# libhidet for programs that embed Hidet, and what is installed: library, headers, the SDK for plugins (CMake and pkg-config). Nothing
# in the installed tree knows where it lies, so it may be moved as a whole. Plugins and the tools install themselves.

if(NOT TARGET hidet_host)
  return()
endif()
if(HIDET_STATIC_PLUGINS)
  hdt_link_static_plugins()
endif()

# The objects with the functions of hidet/hidet.h; they pull in what they need of the layers.
add_library(hidet SHARED $<TARGET_OBJECTS:hidet_host>)
target_include_directories(hidet PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/plugin-api> $<INSTALL_INTERFACE:include>)
get_property(static_plugins GLOBAL PROPERTY HIDET_STATIC_ARCHIVES)
target_link_libraries(hidet PRIVATE ${static_plugins} ${HIDET_CORE_LIBRARIES} PkgConfig::JANSSON Threads::Threads ${CMAKE_DL_LIBS} m)
target_link_options(hidet PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/hidet.version -Wl,-z,now -Wl,--as-needed)
set_target_properties(hidet PROPERTIES LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/hidet.version)
install(TARGETS hidet LIBRARY DESTINATION lib)

install(DIRECTORY plugin-api/hidet DESTINATION include FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES ${CMAKE_BINARY_DIR}/include/hidet/calls.h DESTINATION include/hidet)

include(CMakePackageConfigHelpers)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/HidetConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES cmake/HidetConfig.cmake cmake/HidetPlugin.cmake cmake/plugin.version ${CMAKE_BINARY_DIR}/HidetConfigVersion.cmake
  DESTINATION lib/cmake/Hidet)
foreach(package hidet hidet-plugin)
  configure_file(cmake/${package}.pc.in ${CMAKE_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${package}.pc DESTINATION lib/pkgconfig)
endforeach()
