/* fuzz_script.c: no text makes the parser of programs crash, leak or hang; what it accepts is valid, prints and parses back to the same
 * text, with and without line numbers. */
#include "script/script.h"
#include "tests/unit/script/intrinsics.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void print_program(text *t, const hdt_program *program);

static void print_lines(text *t, const hdt_program *program)
{
	program_print_lines(t, program, "again");
}

/* All programs of the source, printed; NULL when it is not accepted. */
static char *print_all(const hdt_registry *registry, const char *source, print_program *print)
{
	hdt_context *context = context_new(registry);
	parser p;
	text t = {0};
	hdt_program *program;
	if (!context)
		return NULL;
	parser_init(&p, context, "fuzz.hds", source);
	while ((program = program_parse_next(&p, NULL, 0)))
		print(&t, program);
	bool ok = !p.failed && hdt_context_status(context) == HDT_OK;
	char *result = ok ? strdup(t.data ? t.data : "") : NULL;
	text_free(&t);
	context_free(context);
	return result;
}

static void check(const hdt_registry *registry, const char *source, print_program *print)
{
	char *first = print_all(registry, source, print), *second = NULL;
	if (first && (!(second = print_all(registry, first, print)) || strcmp(first, second) != 0)) {
		fprintf(stderr, "---- first\n%s---- second\n%s", first, second ? second : "not accepted\n");
		abort();
	}
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static hdt_registry *registry;
	char *source = malloc(bytes + 1);
	if (!registry && !(registry = registry_with_intrinsics()))
		abort();
	if (source) {
		memcpy(source, data, bytes);
		source[bytes] = 0;
		check(registry, source, program_print);
		check(registry, source, print_lines);
	}
	free(source);
	return 0;
}
