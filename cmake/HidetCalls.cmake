# hidet/calls.h from hidet/api.def: one line for each function of the host table, which makes a call through it read like a plain
# call. Sets HIDET_INCLUDE_DIRS to what a plugin is compiled with; an installed SDK has the finished header instead of this file.

function(hdt_generate_calls api out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${api})
  set(lines "/* calls.h: generated from api.def: a plugin calls the host through the table that it was handed. */\n")
  string(APPEND lines "#ifndef HIDET_CALLS_H\n#define HIDET_CALLS_H\n\n")
  file(STRINGS ${api} entries REGEX "^HDT_API\\(")
  foreach(entry ${entries})
    string(REGEX REPLACE "^HDT_API\\(([a-z0-9_]+)\\).*" "\\1" name "${entry}")
    string(APPEND lines "#define ${name} (hdt_host_table->${name})\n")
  endforeach()
  string(APPEND lines "\n#endif\n")
  file(CONFIGURE OUTPUT ${out} CONTENT "${lines}" @ONLY)
endfunction()

get_filename_component(HIDET_API_DIR ${CMAKE_CURRENT_LIST_DIR}/../plugin-api ABSOLUTE)
hdt_generate_calls(${HIDET_API_DIR}/hidet/api.def ${CMAKE_BINARY_DIR}/include/hidet/calls.h)
set(HIDET_INCLUDE_DIRS ${HIDET_API_DIR} ${CMAKE_BINARY_DIR}/include)
