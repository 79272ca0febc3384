/* case.c: keeps and prints a graph with what it is run on. */
#include "case.h"

#include "base/vec.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void case_free(fuzz_case *c)
{
	free(c->ranges);
	free(c->text);
	*c = (fuzz_case){0};
}

bool case_set_text(fuzz_case *c, const char *graph)
{
	char *copy = graph ? strdup(graph) : NULL;
	if (!copy)
		return false;
	free(c->text);
	c->text = copy;
	return true;
}

bool case_copy(const fuzz_case *from, fuzz_case *to)
{
	*to = *from;
	to->text = NULL;
	to->ranges = calloc((size_t)from->range_count + 1, sizeof *to->ranges);
	to->range_capacity = from->range_count + 1;
	if (to->ranges && from->range_count)
		memcpy(to->ranges, from->ranges, (size_t)from->range_count * sizeof *to->ranges);
	if (to->ranges && case_set_text(to, from->text))
		return true;
	case_free(to);
	return false;
}

static case_range *find_range(const fuzz_case *c, const char *input)
{
	for (int i = 0; i < c->range_count; i++)
		if (strcmp(c->ranges[i].input, input) == 0)
			return &c->ranges[i];
	return NULL;
}

bool case_set_range(fuzz_case *c, const char *input, double low, double high)
{
	case_range *known = find_range(c, input);
	if (!known) {
		if (c->range_count == c->range_capacity &&
		    !heap_grow((void **)&c->ranges, c->range_count, &c->range_capacity, sizeof *c->ranges))
			return false;
		known = &c->ranges[c->range_count++];
		snprintf(known->input, sizeof known->input, "%s", input);
	}
	known->low = low;
	known->high = high;
	return true;
}

case_range case_range_of(const fuzz_case *c, const hdt_value *input)
{
	const case_range *told = find_range(c, input->name);
	hdt_dtype_kind kind = hdt_dtype_of(input->dtype)->kind;
	bool positive = kind == HDT_KIND_BOOL || kind == HDT_KIND_UINT;
	return told ? *told : (case_range){.low = positive ? 0 : -2, .high = kind == HDT_KIND_BOOL ? 1 : positive ? 4 : 2};
}

int64_t case_size_of(const fuzz_case *c, int run, const hdt_expr *symbol)
{
	for (int i = 0; i < c->symbols; i++)
		if (strcmp(c->sizes[run][i].symbol, symbol->name) == 0)
			return c->sizes[run][i].value;
	return symbol->args[0]->integer;
}

hdt_graph *case_graph(const fuzz_case *c, hdt_context *context)
{
	parsed_file file;
	if (text_parse_file(context, "case.hds", c->text, &file) != HDT_OK)
		return NULL;
	if (file.graph_count == 1)
		return file.graphs[0];
	hdt_fail(context, HDT_BAD_MODEL, "a case is one graph");
	return NULL;
}

/* ---- the file form -------------------------------------------------------------------------------------------------- */

void case_print(text *t, const fuzz_case *c, const char *note)
{
	if (note)
		text_format(t, "# %.*s\n", (int)strcspn(note, "\n"), note);
	text_format(t, "# seed %" PRIu64 "\n", c->seed);
	for (int r = 0; r < c->runs && c->symbols; r++) {
		text_add(t, "# sizes");
		for (int i = 0; i < c->symbols; i++)
			text_format(t, " %s=%" PRId64, c->sizes[r][i].symbol, c->sizes[r][i].value);
		text_add(t, "\n");
	}
	for (int i = 0; i < c->range_count; i++)
		text_format(t, "# range %s %.17g %.17g\n", c->ranges[i].input, c->ranges[i].low, c->ranges[i].high);
	text_add(t, c->text);
}

static void read_sizes(fuzz_case *c, const char *at)
{
	int n = 0, length = 0;
	case_size size;
	while (c->runs < CASE_RUNS && n < CASE_SYMBOLS &&
	       sscanf(at, " %23[^= ]=%" SCNd64 "%n", size.symbol, &size.value, &length) == 2) {
		c->sizes[c->runs][n++] = size;
		at += length;
	}
	c->symbols = n;
	c->runs += c->runs < CASE_RUNS;
}

static void read_comment(fuzz_case *c, const char *line)
{
	case_range range;
	if (sscanf(line, "# seed %" SCNu64, &c->seed) == 1)
		return;
	if (sscanf(line, "# range %23s %lf %lf", range.input, &range.low, &range.high) == 3)
		(void)case_set_range(c, range.input, range.low, range.high);
	else if (strncmp(line, "# sizes ", 8) == 0)
		read_sizes(c, line + 8);
}

bool case_read(const char *path, fuzz_case *out)
{
	FILE *file = fopen(path, "r");
	text all = {0};
	char line[4096];
	*out = (fuzz_case){0};
	while (file && fgets(line, sizeof line, file)) {
		if (line[0] == '#')
			read_comment(out, line);
		else
			text_add(&all, line);
	}
	bool fine = file && !ferror(file) && !all.failed && case_set_text(out, all.data);
	if (file)
		fclose(file);
	out->runs = out->runs ? out->runs : 1;
	text_free(&all);
	return fine;
}
