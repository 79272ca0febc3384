# hdt_add_plugin: a plugin from a list of the names that it provides. The same call works in the source tree and with an installed SDK:
#
#     find_package(Hidet REQUIRED)                  # not in the source tree
#     hdt_add_plugin(NAME cubic ID acme.cubic VERSION 1.2.0 LICENSE MIT
#       OPERATORS acme.cubic                        # cubic.c defines  const hdt_operator hdt_op_cubic
#       RESOLVE_RULES cubic-to-mul                  #                  const hdt_resolve_rule hdt_resolve_cubic_to_mul
#       REQUIRES "hidet.ops-math>=0.1")
#
#   kind             symbol                  kind           symbol
#   OPERATORS        hdt_op_<x>              MAPPINGS       hdt_mappings_<x>
#   RESOLVE_RULES    hdt_resolve_<x>         FRONTENDS      hdt_frontend_<x>
#   REWRITE_RULES    hdt_rewrite_<x>         TARGETS        hdt_target_<x>
#   SCHEDULERS       hdt_scheduler_<x>
#
# - An entry is the name that the descriptor carries; this list is where names are written down for the table and for the manifest,
#   and the loader refuses a plugin whose descriptors say otherwise.
# - Symbol and file come from the part of the name after the last dot or slash, dashes becoming underscores in the symbol.
# - The file <part>.c is compiled when it is there; a descriptor may as well stand in any file of SOURCES. Each operator has its file.
# - A mapping set is called by its framework; sets of one framework in several files are written  MAPPINGS torch/linear torch/shape.
# - LIBRARIES: what the plugin links with beside libc and libm. The loader accepts few: libz and libjansson, see loader/elf.c.
# - OVERRIDES: names that the plugin may take over from another one.   CONFLICTS: ids that must not be loaded beside it.
#
# Makes the target NAME (and, in the source tree, adds it to the target `plugins`): <build>/lib/hidet/plugins.d/<ID>.so and its manifest
# <ID>.hidet.json, both installed to lib/hidet/plugins.d.

set(HIDET_CMAKE_DIR ${CMAKE_CURRENT_LIST_DIR})
if(NOT HIDET_INCLUDE_DIRS) # in the source tree
  include(${CMAKE_CURRENT_LIST_DIR}/HidetCalls.cmake)
  include(${CMAKE_CURRENT_LIST_DIR}/HidetStatic.cmake)
endif()
set(HIDET_PLUGIN_KINDS OPERATORS RESOLVE_RULES REWRITE_RULES SCHEDULERS MAPPINGS FRONTENDS TARGETS)

# Type of the descriptor, symbol prefix; field and manifest key are the kind in lower case.
function(hdt_plugin_kind kind type_out prefix_out)
  set(OPERATORS hdt_operator hdt_op_)
  set(RESOLVE_RULES hdt_resolve_rule hdt_resolve_)
  set(REWRITE_RULES hdt_rewrite_rule hdt_rewrite_)
  set(SCHEDULERS hdt_scheduler hdt_scheduler_)
  set(MAPPINGS hdt_mapping_set hdt_mappings_)
  set(FRONTENDS hdt_frontend hdt_frontend_)
  set(TARGETS hdt_target hdt_target_)
  list(GET ${kind} 0 type)
  list(GET ${kind} 1 prefix)
  set(${type_out} ${type} PARENT_SCOPE)
  set(${prefix_out} ${prefix} PARENT_SCOPE)
endfunction()

# ["a", "b"]
function(hdt_json_list out)
  set(text ${ARGN})
  list(TRANSFORM text REPLACE "(.+)" "\"\\1\"")
  list(JOIN text ", " text)
  set(${out} "[${text}]" PARENT_SCOPE)
endfunction()

# [{"id": "a", "version": ">=1"}, {"id": "b"}] of  a>=1 b
function(hdt_json_dependencies out)
  set(items)
  foreach(entry ${ARGN})
    if(NOT entry MATCHES "^([^<>= ]+) *([<>= 0-9.]*)$")
      message(FATAL_ERROR "hdt_add_plugin: '${entry}' is no dependency; write an id, or an id and versions as in \"hidet.ops-math>=0.1 <2\"")
    endif()
    if(CMAKE_MATCH_2)
      list(APPEND items "{\"id\": \"${CMAKE_MATCH_1}\", \"version\": \"${CMAKE_MATCH_2}\"}")
    else()
      list(APPEND items "{\"id\": \"${CMAKE_MATCH_1}\"}")
    endif()
  endforeach()
  list(JOIN items ", " text)
  set(${out} "[${text}]" PARENT_SCOPE)
endfunction()

# The interface's major version, as base.h tells it.
function(hdt_abi_major out)
  list(GET HIDET_INCLUDE_DIRS 0 include_dir)
  file(STRINGS ${include_dir}/hidet/base.h line REGEX "^#define HDT_ABI_MAJOR")
  string(REGEX REPLACE ".* ([0-9]+).*" "\\1" major "${line}")
  set(${out} ${major} PARENT_SCOPE)
endfunction()

# One walk over the names gives the sources, the tables in C (`tables`, `fields`) and the manifest's `provides`. The macros work on the
# variables of hdt_add_plugin.
macro(hdt_plugin_collect)
  set(sources ${P_SOURCES})
  set(tables)
  set(fields)
  set(provides)
  foreach(kind ${HIDET_PLUGIN_KINDS})
    if(NOT P_${kind})
      continue()
    endif()
    hdt_plugin_kind(${kind} type prefix)
    string(TOLOWER ${kind} field)
    set(names)
    set(rows)
    foreach(entry ${P_${kind}})
      string(REGEX REPLACE "^.*[./]" "" base ${entry})
      string(REPLACE "-" "_" symbol ${base})
      set(file ${base}.c)
      if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file} AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${symbol}.c)
        set(file ${symbol}.c)
      endif()
      if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
        list(APPEND sources ${file})
      elseif(kind STREQUAL "OPERATORS")
        message(FATAL_ERROR "plugin ${P_NAME}: operator '${entry}' needs the file ${CMAKE_CURRENT_SOURCE_DIR}/${file}")
      endif()
      string(APPEND tables "extern const ${type} ${prefix}${symbol};\n")
      string(APPEND rows "\t&${prefix}${symbol},\n")
      string(REGEX REPLACE "/.*$" "" name ${entry})
      list(APPEND names ${name})
    endforeach()
    list(REMOVE_DUPLICATES names)
    hdt_json_list(names ${names})
    list(APPEND provides "\n    \"${field}\": ${names}")
    string(APPEND tables "static const ${type} *const ${field}[] = {\n${rows}\tNULL,\n};\n\n")
    string(APPEND fields ", .${field} = ${field}")
  endforeach()
  list(REMOVE_DUPLICATES sources)
endmacro()

macro(hdt_plugin_write_table file)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "/* Generated from the call of hdt_add_plugin: what this plugin provides. */
#include <hidet/plugin.h>

${tables}HDT_PLUGIN(.id = \"${P_ID}\", .version = \"${P_VERSION}\", .license = \"${P_LICENSE}\"${fields});
")
endmacro()

macro(hdt_plugin_write_manifest file)
  hdt_abi_major(major)
  hdt_json_dependencies(requires ${P_REQUIRES})
  hdt_json_dependencies(conflicts ${P_CONFLICTS})
  hdt_json_list(overrides ${P_OVERRIDES})
  list(JOIN provides "," provides)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "{
  \"manifest_version\": 1,
  \"id\": \"${P_ID}\",
  \"version\": \"${P_VERSION}\",
  \"license\": \"${P_LICENSE}\",
  \"library\": \"${P_ID}.so\",
  \"abi\": {\"major\": ${major}, \"minor_min\": 0},
  \"provides\": {${provides}
  },
  \"requires\": ${requires},
  \"conflicts\": ${conflicts},
  \"overrides\": ${overrides}
}
")
endmacro()

# The loadable module and its installation.
macro(hdt_plugin_make_module)
  set(folder ${CMAKE_BINARY_DIR}/lib/hidet/plugins.d)
  hdt_plugin_write_manifest(${folder}/${P_ID}.hidet.json)
  add_library(${P_NAME} MODULE ${sources} ${table_file})
  set_target_properties(${P_NAME} PROPERTIES
    PREFIX "" OUTPUT_NAME ${P_ID} SUFFIX .so LIBRARY_OUTPUT_DIRECTORY ${folder}
    SKIP_BUILD_RPATH ON INSTALL_RPATH "" LINK_DEPENDS ${HIDET_CMAKE_DIR}/plugin.version)
  target_link_options(${P_NAME} PRIVATE -Wl,--version-script=${HIDET_CMAKE_DIR}/plugin.version
    -Wl,-z,now -Wl,-z,noexecstack -Wl,-Bsymbolic -Wl,--as-needed)
  if(HIDET_FUZZ) # its stack-depth counter is static thread-local storage, which the loader refuses
    target_compile_options(${P_NAME} PRIVATE -fno-sanitize-coverage=stack-depth)
  endif()
  # Clang leaves the sanitizers' functions to the executable.
  if(NOT (HIDET_SANITIZE OR HIDET_FUZZ) OR CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_link_options(${P_NAME} PRIVATE -Wl,-z,defs)
  endif()
  install(TARGETS ${P_NAME} LIBRARY DESTINATION lib/hidet/plugins.d)
  install(FILES ${folder}/${P_ID}.hidet.json DESTINATION lib/hidet/plugins.d)
endmacro()

function(hdt_add_plugin)
  cmake_parse_arguments(P "" "NAME;ID;VERSION;LICENSE" "${HIDET_PLUGIN_KINDS};SOURCES;REQUIRES;CONFLICTS;OVERRIDES;LIBRARIES" ${ARGN})
  if(NOT P_NAME OR NOT P_ID OR P_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hdt_add_plugin(NAME ... ID ...): NAME or ID is missing, or this is unknown: '${P_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT P_VERSION)
    set(P_VERSION ${PROJECT_VERSION})
  endif()
  if(NOT P_LICENSE)
    set(P_LICENSE Apache-2.0)
  endif()
  if("${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}}" MATCHES "-ffast-math|-Ofast|-funsafe-math-optimizations")
    message(FATAL_ERROR "plugin ${P_NAME}: -ffast-math changes the floating-point state of the whole process; build without it")
  endif()

  hdt_plugin_collect()
  set(table_file ${CMAKE_CURRENT_BINARY_DIR}/${P_NAME}.plugin.c)
  hdt_plugin_write_table(${table_file})
  if(HIDET_STATIC_PLUGINS)
    hdt_plugin_make_static()
  else()
    hdt_plugin_make_module()
  endif()
  target_include_directories(${P_NAME} PRIVATE ${HIDET_INCLUDE_DIRS})
  target_compile_features(${P_NAME} PRIVATE c_std_11)
  set_target_properties(${P_NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
  target_link_libraries(${P_NAME} PRIVATE ${P_LIBRARIES} m)
  if(NOT TARGET plugins)
    add_custom_target(plugins)
  endif()
  add_dependencies(plugins ${P_NAME})
endfunction()
