file(REMOVE_RECURSE
  "CMakeFiles/template.dir/rules.c.o"
  "CMakeFiles/template.dir/rules.c.o.d"
  "CMakeFiles/template.dir/squareplus.c.o"
  "CMakeFiles/template.dir/squareplus.c.o.d"
  "CMakeFiles/template.dir/template.plugin.c.o"
  "CMakeFiles/template.dir/template.plugin.c.o.d"
  "lib/hidet/plugins.d/acme.template.pdb"
  "lib/hidet/plugins.d/acme.template.so"
)

# Per-language clean rules from dependency scanning.
foreach(lang C)
  include(CMakeFiles/template.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
