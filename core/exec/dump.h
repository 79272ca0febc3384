/* dump.h: the text of every stage of a compilation as numbered files of a folder, to be read and compared. */
#ifndef CORE_EXEC_DUMP_H
#define CORE_EXEC_DUMP_H

#include "exec/compiled.h"
#include "pass/layout.h"

/* Where the files go; `directory` NULL: nowhere, and every function does nothing. */
typedef struct dump {
	hdt_context *context;
	const char *directory;
	int number; /* of the last file */
} dump;

/* <number>-<word>.hds: the graph as it is. */
hdt_status dump_graph(dump *d, const char *word, const hdt_graph *graph);
/* The graph below a list of what is computed together. */
hdt_status dump_groups(dump *d, const hdt_graph *graph, const partition *groups);
/* The orders of results below, and the distinct tasks of the groups with them. */
hdt_status dump_layout(dump *d, const partition *groups, const layout *orders);
/* The distinct tasks of the steps, and their distinct programs as they are at this stage. */
hdt_status dump_tasks(dump *d, const step *steps, int count);
hdt_status dump_programs(dump *d, const char *word, const step *steps, int count);
/* The same in the log, at HIDET_DEBUG=3. */
void dump_log_programs(hdt_context *context, const step *steps, int count);
/* The units: C, or programs. */
hdt_status dump_source(dump *d, const hdt_source *source, hdt_language language);

#endif
