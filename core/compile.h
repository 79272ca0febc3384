/* compile.h: the pipeline: graph in, compiled graph out. */
#ifndef CORE_COMPILE_H
#define CORE_COMPILE_H

#include "exec/candidate.h"
#include "exec/compiled.h"
#include "exec/launch.h"

/* Optimise the graph in place, pass by pass, stopping after the one named `stop_after` when that is not NULL. A word
 * that is no stage is HDT_USAGE, and the message lists them. `options` may be NULL. With `notes`, what the passes tell of their choices is
 * appended there, whatever the options say. */
hdt_status compile_optimise(hdt_graph *graph, const hdt_compile_options *options, const char *stop_after, text *notes);

/* What would be computed together of an optimised graph, by what the schedulers of the target say. With `notes`, what was fused and what
 * was not is appended there. */
hdt_status compile_groups(hdt_graph *graph, const hdt_compile_options *options, text *notes, partition *out);

/* The whole way, or as far as options->stop_after says: then *out is NULL. */
hdt_status compile_graph(hdt_graph *graph, const hdt_compile_options *options, compiled_graph **out);

/* A graph ready to be given programs: optimised, divided into groups and laid out, so that it can be compiled several times with other
 * schedulers. The graph must outlive it. Results of compile_base_build live on without it. */
typedef struct compile_base compile_base;
hdt_status compile_base_new(hdt_graph *graph, const hdt_compile_options *options, compile_base **out);
void compile_base_free(compile_base *base);
const partition *compile_base_groups(const compile_base *base);
/* A device to ask for what it is. */
const loaded *compile_base_device(const compile_base *base);
/* Compile with group i computed by fixed[i], or what would be chosen where that has no scheduler. The result has a device of its own. */
hdt_status compile_base_build(compile_base *base, const candidate *fixed, compiled_graph **out);

/* As far as it goes without a compiler for the emitted text: what compiling would report, kernels and memory counted at these sizes
 * (values of graph->symbols). */
hdt_status compile_plan(hdt_graph *graph, const hdt_compile_options *options, const int64_t *values,
                        compile_report *out);

/* A program alone, which is lowered in place. *on is one reference, for the caller to release; NULL when options->stop_after ended the way
 * before there was an object. */
hdt_status compile_program(hdt_program *program, const hdt_compile_options *options, loaded **on, loaded_program *out,
                           compile_report *report);

/* Several graphs, each of a context of its own, with one run of the compiler: they share one object and one device, so
 * only one of them runs at a time. A graph's own fault is left in its context and gives NULL in its place of `out`; a
 * fault of the whole is left in `context` and gives NULL everywhere. Nothing but the results' contexts needs to live
 * on.
 *
 * by[i].scheduler, where it is not NULL, computes whatever of graph i it applies to, the first kernel by the choice that is set, in the layout that
 * it asks for; that nothing is for it is a fault of the graph. `by` NULL: nobody in particular. */
hdt_status compile_graphs(hdt_context *context, hdt_graph *const *graphs, int count, const hdt_compile_options *options,
                          const candidate *by, compiled_graph **out);

/* The choices of a template at a level for that first kernel. At most `most` into `out`; returns their number, -1 after a fault in the graph's
 * context. The graph is spent. */
int compile_choices(hdt_graph *graph, const hdt_compile_options *options, const hdt_scheduler *scheduler, int level,
                    hdt_choice *out, int most);

#endif
