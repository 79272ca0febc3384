/* fuzz_text.c: no text makes the parser of graphs and tasks crash, leak or hang; what it accepts prints and parses back to the
 * same text. */
#include "core/session.h"
#include "graph/graph.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *print_all(hdt_context *context, const parsed_file *file)
{
	text t = {0};
	for (int i = 0; i < file->graph_count; i++)
		graph_print(&t, file->graphs[i], NULL);
	for (int i = 0; i < file->task_count; i++)
		task_print(&t, file->tasks[i]);
	return text_finish(&t, context);
}

/* The operators of the plugins beside the program; opened once. */
static const hdt_registry *operators(void)
{
	static hdt_session *session;
	if (!session && hdt_session_open(NULL, &session) != HDT_OK)
		abort();
	return session_registry(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	hdt_context *context = context_new(operators()), *again = context_new(operators());
	char *source = malloc(bytes + 1);
	parsed_file first, second;
	if (context && again && source) {
		memcpy(source, data, bytes);
		source[bytes] = 0;
		if (text_parse_file(context, "fuzz.hds", source, &first) == HDT_OK) {
			const char *printed = print_all(context, &first);
			if (text_parse_file(again, "again.hds", printed, &second) != HDT_OK ||
			    strcmp(print_all(again, &second), printed) != 0)
				abort();
		}
	}
	free(source);
	context_free(context);
	context_free(again);
	return 0;
}
