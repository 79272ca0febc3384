/* frontend.h: a reader of model files: bytes of a file in, graph out. */
#ifndef HIDET_FRONTEND_H
#define HIDET_FRONTEND_H

#include <hidet/mapping.h>

HDT_BEGIN

typedef struct hdt_frontend {
	size_t size;
	const char *name; /* "torch" */
	const char *doc;
	const char *extensions; /* of the files it reads, for messages: ".pt2 .model.json" */
	/* Does this file look like one of mine? Judged by its first `bytes` bytes (all, if it has less than 4096) and its path. */
	bool (*recognises)(const char *path, const void *head, size_t bytes);
	/* Read the file into a graph of the context. Names that no mapping covers: report each one with hdt_report_missing and
	 * return HDT_UNSUPPORTED after having looked at all of them. */
	hdt_status (*load)(hdt_context *context, const char *path, hdt_graph **out);
} hdt_frontend;

/* Count one use of an operator that nothing provides. `where` is the place of the first use (module path), or NULL. */
void hdt_report_missing(hdt_context *context, const char *name, const char *where);

HDT_END
#endif
