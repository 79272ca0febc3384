/* fuzz_script.c: no text makes the parser of programs crash, leak or hang; what it accepts is valid, prints and parses back to the same
 * text, with and without line numbers. It is lowered for a target of each language, is valid then, too, and is emitted; all that may be
 * refused, with a fault other than HDT_INTERNAL. */
#include "emit/emit.h"
#include "exec/launch.h"
#include "lower/lower.h"
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

/* ---- lowering ------------------------------------------------------------------------------------------------------ */

static hdt_status emit(const hdt_program *program, const hdt_target *target, text *t)
{
	emitted_texts needed = {0};
	if (target->language == HDT_LANGUAGE_SCRIPT)
		program_print_lines(t, program, "k");
	else if (program_runs_whole(program, HDT_FUNCTION_CPU))
		return emit_c(t, program, "k");
	else
		return emit_kernels(t, program, "k", &needed);
	return hdt_context_status(program->context);
}

/* Is the program of functions that one target can run? */
static bool is_of_one_kind(const hdt_program *program)
{
	bool whole = program_runs_whole(program, HDT_FUNCTION_CPU);
	for (int i = 0; i < program->function_count && !whole; i++)
		if (program->functions[i]->kind == HDT_FUNCTION_CPU)
			return false;
	return true;
}

static void lower_and_emit(hdt_program *program, hdt_language language)
{
	hdt_context *context = program->context;
	hdt_target target = *registry_target(context->registry, "paper");
	text t = {0};
	target.language = language;
	hdt_status status = program_lower(program, &(lowering){.target = &target, .info = &paper_device});
	if (status == HDT_OK)
		status = program_verify(program);
	if (status == HDT_OK)
		status = emit(program, &target, &t);
	if (status != hdt_context_status(context) || status == HDT_INTERNAL) {
		fprintf(stderr, "lowering or emitting: status %d: %s\n", (int)status, hdt_context_message(context));
		abort();
	}
	text_free(&t);
}

static void lower_all(const hdt_registry *registry, const char *source, hdt_language language)
{
	hdt_context *context = context_new(registry);
	parser p;
	hdt_program *program;
	if (!context)
		return;
	parser_init(&p, context, "fuzz.hds", source);
	while (hdt_context_status(context) == HDT_OK && (program = program_parse_next(&p, NULL, 0)))
		if (is_of_one_kind(program))
			lower_and_emit(program, language);
	context_free(context);
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
		lower_all(registry, source, HDT_LANGUAGE_C);
		lower_all(registry, source, HDT_LANGUAGE_SCRIPT);
	}
	free(source);
	return 0;
}
