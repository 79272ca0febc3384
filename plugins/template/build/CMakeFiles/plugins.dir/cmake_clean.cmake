
# Per-language clean rules from dependency scanning.
foreach(lang )
  include(CMakeFiles/plugins.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
