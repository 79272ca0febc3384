
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/tmp.AHg0a2hqFk/template/rules.c" "CMakeFiles/template.dir/rules.c.o" "gcc" "CMakeFiles/template.dir/rules.c.o.d"
  "/tmp/tmp.AHg0a2hqFk/template/squareplus.c" "CMakeFiles/template.dir/squareplus.c.o" "gcc" "CMakeFiles/template.dir/squareplus.c.o.d"
  "/tmp/tmp.AHg0a2hqFk/template/build/template.plugin.c" "CMakeFiles/template.dir/template.plugin.c.o" "gcc" "CMakeFiles/template.dir/template.plugin.c.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
