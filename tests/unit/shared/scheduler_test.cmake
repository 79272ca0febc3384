# Tests of schedulers: hdt_add_scheduler_test(NAME SOURCES...) builds the folder's files, the scheduler's (patterns, relative to plugins/) and the target
# that its programs run on into one test, so that whole tasks go from text to kernels and on to results.
function(hdt_add_scheduler_test name)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/plugins/)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c ${ARGN})
  add_executable(${name} ${sources} ${PROJECT_SOURCE_DIR}/tests/unit/shared/tasks.c)
  target_compile_definitions(${name} PRIVATE HIDET_STATIC)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE core_exec PkgConfig::CRITERION Threads::Threads ${CMAKE_DL_LIBS} m)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "HIDET_VERIFY=1")
endfunction()

# On the processor.
function(hdt_add_cpu_scheduler_test name)
  hdt_add_scheduler_test(${name} ${ARGN} target-cpu/*.c)
  target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/shared/processor.c)
  add_dependencies(${name} target-cpu) # makes prelude_bytes.inc
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/plugins/target-cpu ${PROJECT_BINARY_DIR}/plugins/target-cpu)
endfunction()

# On the simulator, beside the rule-based scheduler, by whose tests' fixture they run.
function(hdt_add_cuda_scheduler_test name)
  set(fixture ${PROJECT_SOURCE_DIR}/tests/unit/sched_auto)
  hdt_add_scheduler_test(${name} ${ARGN} sched-auto/*.c target-sim/*.c)
  if(NOT CMAKE_CURRENT_SOURCE_DIR STREQUAL fixture)
    target_sources(${name} PRIVATE ${fixture}/fixture.c ${fixture}/run.c)
  endif()
endfunction()
