/* replace.c: reads programs and puts them where they fit.
 *
 * A file may hold several, as a dump does: each begins with a line that begins with the word `program`. */
#include "exec/replace.h"

#include "base/file.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT_BYTES = 64 * 1024 * 1024 };

/* The buffers that a task gives a program: all but its constants and its workspace. */
static int bound_count(const hdt_program *p)
{
	return p->buffer_count - p->constant_count - p->workspace_count;
}

static bool same_shape(const hdt_tensor *a, const hdt_tensor *b)
{
	if (!a || !b)
		return a == b;
	bool same = a->dtype == b->dtype && a->rank == b->rank;
	for (int d = 0; d < a->rank && same; d++)
		same = hdt_proves_equal(a->shape[d], b->shape[d]);
	return same;
}

static bool same_buffers(const hdt_program *a, const hdt_program *b)
{
	bool same = bound_count(a) == bound_count(b);
	for (int i = 0; i < bound_count(a) && same; i++)
		same = same_shape(a->buffers[i], b->buffers[i]);
	return same;
}

static void print_buffers(text *t, const hdt_program *p)
{
	text_add(t, "(");
	for (int i = 0; i < bound_count(p); i++) {
		const hdt_tensor *b = p->buffers[i];
		text_format(t, "%s%s", i ? ", " : "", b ? hdt_dtype_of(b->dtype)->name : "none");
		for (int d = 0; b && d < b->rank; d++)
			text_format(t, "%s%s", d ? ", " : "[", hdt_expr_text(b->shape[d]));
		text_add(t, b && b->rank ? "]" : "");
	}
	text_add(t, ")");
}

/* Its name is there with other buffers, or not at all. */
static hdt_status fail_unmatched(hdt_context *context, const char *file, const hdt_program *p, const step *steps,
                                 int count)
{
	text mine = {0}, there = {0};
	bool named = false;
	for (int i = 0; i < count; i++)
		named = named || strcmp(steps[i].program->name, p->name) == 0;
	print_buffers(&mine, p);
	for (int i = 0; i < count; i++) {
		const hdt_program *other = steps[i].program;
		bool again = false;
		for (int k = 0; k < i; k++)
			again = again || (strcmp(steps[k].program->name, other->name) == 0 &&
			                  (!named || same_buffers(steps[k].program, other)));
		if (again || (named && strcmp(other->name, p->name) != 0))
			continue;
		text_format(&there, "%s@%s", there.length ? ", " : "", other->name);
		if (named)
			print_buffers(&there, other);
	}
	hdt_status status =
		hdt_fail(context, HDT_BAD_INPUT,
	             named ? "%s: program @%s%s fits no program of the model: the buffers differ; there is %s"
	                   : "%s: program @%s%s fits no program of the model: there is %s",
	             file, p->name, mine.data ? mine.data : "", there.data ? there.data : "none");
	text_free(&mine);
	text_free(&there);
	return status;
}

static bool is_replacement(const replacements *r, const hdt_program *p)
{
	for (int k = 0; k < r->count; k++)
		if (r->items[k].program == p)
			return true;
	return false;
}

void replacements_put(replacements *r, step *steps, int count)
{
	for (int i = 0; i < count; i++) {
		const hdt_program *before = steps[i].program;
		for (int k = 0; k < r->count && !is_replacement(r, before); k++) {
			replacement *one = &r->items[k];
			if (strcmp(before->name, one->program->name) != 0 || !same_buffers(before, one->program))
				continue;
			steps[i].program = one->program;
			one->steps++;
		}
	}
}

hdt_status replacements_check(const replacements *r, hdt_context *context, const step *steps, int count)
{
	for (int k = 0; k < r->count; k++) {
		const replacement *one = &r->items[k];
		if (!one->steps)
			return fail_unmatched(context, one->file, one->program, steps, count);
		hdt_log(context, 2, "%s: program @%s stands in %d step%s", one->file, one->program->name, one->steps,
		        one->steps == 1 ? "" : "s");
	}
	return HDT_OK;
}

static hdt_status keep(replacements *r, hdt_context *context, const char *file, const hdt_program *p)
{
	replacement one = {p, file, 0};
	if (p->scalar_count)
		return hdt_fail(context, HDT_BAD_INPUT, "%s: @%s takes scalars, and in a model there are none", file, p->name);
	return vec_push(context, r, one) ? HDT_OK : HDT_OUT_OF_MEMORY;
}

static bool is_program(const char *line)
{
	return strncmp(line, "program ", strlen("program ")) == 0;
}

/* The first line behind `at` that begins a program, or the end. */
static const char *next_program(const char *at)
{
	for (const char *line = strchr(at, '\n'); line; line = strchr(line + 1, '\n'))
		if (is_program(line + 1))
			return line + 1;
	return at + strlen(at);
}

/* The end of the program at `at`, which may have comments and params before it. */
static const char *end_of_program(const char *at)
{
	const char *next = next_program(at);
	return is_program(at) || !*next ? next : next_program(next);
}

/* The piece of the source on as many empty lines as stand before it: messages then tell the lines of the file. */
static const char *cut(hdt_context *context, const char *source, const char *from, const char *to)
{
	text t = {0};
	for (const char *at = source; at < from; at++)
		if (*at == '\n')
			text_add(&t, "\n");
	text_add_bytes(&t, from, (size_t)(to - from));
	return text_finish(&t, context);
}

static hdt_status read_from(replacements *r, hdt_context *context, const char *file, const char *source)
{
	hdt_status status = HDT_OK;
	for (const char *at = source, *end; *at && status == HDT_OK; at = end) {
		end = end_of_program(at);
		const char *piece = cut(context, source, at, end);
		const hdt_program *p = piece ? hdt_program_parse(context, file, piece, NULL, 0) : NULL;
		status = p ? keep(r, context, file, p) : hdt_context_status(context);
	}
	return status;
}

hdt_status replacements_read(replacements *r, hdt_context *context, const char *const *files)
{
	hdt_status status = HDT_OK;
	*r = (replacements){.count = 0};
	for (int i = 0; files && files[i] && status == HDT_OK; i++) {
		char *source;
		size_t bytes;
		status = file_read(context, files[i], MOST_TEXT_BYTES, &source, &bytes);
		if (status != HDT_OK)
			return status;
		status = read_from(r, context, files[i], source);
		free(source);
	}
	return status;
}
