/* session.h: what a host in this source tree may ask of sessions, models and compiled models beyond hidet/hidet.h. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/compile.h"
#include "core/tune.h"
#include "exec/measure.h"
#include "loader/loader.h"

const hdt_registry *session_registry(const hdt_session *session);
loader *session_loader(const hdt_session *session);
/* The context of the last model that could not be loaded, with its missing names; NULL when there is none. Valid until the next load. */
const hdt_context *session_failed_context(const hdt_session *session);
/* For model.c: keep the fault of `context` (or a text) as the session's error. Both return the status. */
hdt_status session_keep_fault(hdt_session *session, const hdt_context *context);
hdt_status session_fail(hdt_session *session, hdt_status status, const char *format, ...) HDT_PRINTF(3, 4);
void session_clear_error(hdt_session *session);
/* Takes over `context`. */
void session_set_failed_context(hdt_session *session, hdt_context *context);

/* The graph as the model's file tells it; lives as long as the model. Compiling changes it: ask again for a fresh one. NULL after a
 * fault. */
hdt_graph *model_graph(hdt_model *model);
/* What compiling would report, at these sizes of the dimensions graph->symbols, without compiling the emitted text. */
hdt_status model_plan(hdt_model *model, const hdt_compile_options *options, const int64_t *values, compile_report *out);
const compile_report *compiled_model_report(const hdt_compiled *compiled);
/* The device that it runs on. */
const loaded *compiled_model_loaded(const hdt_compiled *compiled);
/* The number of its steps, and what each takes with these inputs: see exec/measure.h. Faults are the session's, as of a run. */
int compiled_model_steps(const hdt_compiled *compiled);
hdt_status compiled_model_measure(hdt_compiled *compiled, const hdt_array *inputs, int input_count, int rounds,
                                  step_measure *out);

/* Tune its kernels: see tune.h. Texts of the report live as long as the model. */
hdt_status model_tune(hdt_model *model, const hdt_compile_options *options, const hdt_array *inputs, int input_count,
                      const tune_options *how, tune_report *out);

/* One more compiled object: see hdt_session_compilations. */
void session_count_compilation(hdt_session *session);
/* The dtype and shape that parameter `index`, an array, has for these numbers (of parameters, or of dimensions by name): as the parameter
 * says, or as the kernels view a pointer. Rank -1 where nothing tells. */
hdt_status kernel_array_shape(hdt_kernel *kernel, const hdt_kernel_argument *numbers, int count, int index,
                              hdt_array *out);

#endif
