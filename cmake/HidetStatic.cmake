# Static distributions: with HIDET_STATIC_PLUGINS the plugins of the source tree are linked into the host instead of built as modules.
# The same sources, the same descriptors, the same manifests; the loader finds them in a table. Other plugins still load from files.

option(HIDET_STATIC_PLUGINS "Link the plugins of this tree into the host" OFF)

# Called by hdt_add_plugin, on its variables. A plugin's objects are joined into one that shows its query function alone, so that two
# plugins may use one name for different things; the archive around it may stand on a command line twice.
macro(hdt_plugin_make_static)
  string(REPLACE "-" "_" symbol ${P_NAME})
  set(query hidet_plugin_query_v1__${symbol})
  set(manifest_file ${CMAKE_CURRENT_BINARY_DIR}/${P_ID}.hidet.json)
  hdt_plugin_write_manifest(${manifest_file})
  add_library(${P_NAME} OBJECT ${sources} ${table_file})
  target_compile_definitions(${P_NAME} PRIVATE HIDET_STATIC HDT_PLUGIN_QUERY=${query})
  set(joined ${CMAKE_CURRENT_BINARY_DIR}/${P_NAME}.joined)
  add_custom_command(OUTPUT ${joined}.a
    COMMAND ${CMAKE_LINKER} -r -o ${joined}.o $<TARGET_OBJECTS:${P_NAME}>
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=${query} ${joined}.o
    COMMAND ${CMAKE_AR} crs ${joined}.a ${joined}.o
    DEPENDS ${P_NAME} $<TARGET_OBJECTS:${P_NAME}> COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${P_NAME}-joined DEPENDS ${joined}.a)
  set_property(GLOBAL APPEND PROPERTY HIDET_STATIC_TARGETS ${P_NAME}-joined)
  set_property(GLOBAL APPEND PROPERTY HIDET_STATIC_ARCHIVES ${joined}.a ${P_LIBRARIES})
  file(READ ${manifest_file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n\t \"" text "${text}")
  set_property(GLOBAL APPEND_STRING PROPERTY HIDET_STATIC_DECLARATIONS "const hdt_plugin *${query}(const hdt_host *host);\n")
  set_property(GLOBAL APPEND_STRING PROPERTY HIDET_STATIC_ROWS "\t{\"${P_ID}\", ${query},\n\t \"${text}\"},\n")
endmacro()

# Called when all plugins are known: the table, and everything linked to the host.
function(hdt_link_static_plugins)
  foreach(part TARGETS ARCHIVES DECLARATIONS ROWS)
    get_property(${part} GLOBAL PROPERTY HIDET_STATIC_${part})
  endforeach()
  set(file ${CMAKE_BINARY_DIR}/static_plugins.c)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "/* Generated: the plugins that are linked into this host. */
#include \"loader/stages.h\"

${DECLARATIONS}
const static_plugin static_plugins[] = {
${ROWS}	{NULL, NULL, NULL},
};
")
  target_sources(hidet_host PRIVATE ${file})
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
  target_compile_definitions(hidet_host PRIVATE HIDET_STATIC_PLUGINS)
  target_link_libraries(hidet_host PUBLIC ${ARCHIVES} ${HIDET_CORE_LIBRARIES})
  add_dependencies(hidet_host ${TARGETS})
endfunction()
