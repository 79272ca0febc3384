# find_package(Hidet): hdt_add_plugin for plugins, and the target Hidet::hidet for programs that embed Hidet.

get_filename_component(HIDET_PREFIX ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
set(HIDET_INCLUDE_DIRS ${HIDET_PREFIX}/include)
include(${CMAKE_CURRENT_LIST_DIR}/HidetPlugin.cmake)

if(NOT TARGET Hidet::hidet)
  add_library(Hidet::hidet SHARED IMPORTED)
  set_target_properties(Hidet::hidet PROPERTIES IMPORTED_LOCATION ${HIDET_PREFIX}/lib/libhidet.so
    INTERFACE_INCLUDE_DIRECTORIES ${HIDET_INCLUDE_DIRS})
endif()
