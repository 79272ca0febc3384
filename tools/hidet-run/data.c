/* data.c: gathers the inputs of a run and checks their names. */
#include "data.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SIZE = 4, LARGEST_INTEGER = 9 };

const hdt_array *inputs_find(const input_set *set, const char *name)
{
	for (int f = 0; f < set->file_count; f++)
		for (int i = 0; i < set->files[f].count; i++)
			if (strcmp(set->files[f].items[i].name, name) == 0)
				return &set->files[f].items[i];
	return NULL;
}

static bool ends_with(const char *string, const char *end)
{
	size_t n = strlen(string), m = strlen(end);
	return n >= m && strcmp(string + n - m, end) == 0;
}

static hdt_status read_file(hdt_context *context, const char *word, tensor_file *out)
{
	const char *equals = strchr(word, '=');
	if (!equals)
		return ends_with(word, ".npy")
		           ? hdt_fail(context, HDT_USAGE,
		                      "--inputs=%s: a .npy file needs the name of the input: --inputs=NAME=%s", word, word)
		           : safetensors_read(context, word, out);
	hdt_status status = npy_read(context, equals + 1, out);
	if (status == HDT_OK)
		out->items[0].name = arena_string(&context->arena, word, (size_t)(equals - word));
	return status;
}

hdt_status inputs_read(hdt_context *context, const options *o, input_set *set)
{
	set->files = calloc((size_t)o->inputs.count + 1, sizeof *set->files);
	if (!set->files)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory reading inputs");
	for (int f = 0; f < o->inputs.count; f++) {
		hdt_status status = read_file(context, o->inputs.items[f], &set->files[f]);
		if (status != HDT_OK)
			return status;
		set->file_count++;
	}
	return HDT_OK;
}

hdt_status inputs_make_room(hdt_context *context, input_set *set, hdt_array *a)
{
	int64_t elements = array_elements(a), bytes;
	if (elements < 0 || __builtin_mul_overflow(elements, hdt_dtype_of(a->dtype)->bytes, &bytes) || bytes == INT64_MAX)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "input '%s' would need more bytes than can be counted", a->name);
	if (!(a->data = calloc(1, (size_t)bytes + 1)))
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "input '%s' would need %lld bytes", a->name, (long long)bytes);
	set->made[set->made_count++] = a->data;
	return HDT_OK;
}

hdt_status sizes_choose(hdt_context *context, const hdt_graph *graph, const options *o, int64_t *values)
{
	for (int s = 0; s < graph->symbol_count; s++) {
		int64_t min = graph->symbols[s]->args[0]->integer, max = graph->symbols[s]->args[1]->integer;
		values[s] = min > DEFAULT_SIZE ? min : max < DEFAULT_SIZE ? max : DEFAULT_SIZE;
	}
	for (int i = 0; i < o->dims.count; i++) {
		const char *word = o->dims.items[i], *equals = strchr(word, '=');
		char *end = NULL;
		long long size = equals ? strtoll(equals + 1, &end, 10) : -1;
		if (!equals || !equals[1] || *end || size < 0)
			return hdt_fail(context, HDT_USAGE, "--dim takes NAME=SIZE, not '%s'", word);
		int s = 0;
		while (s < graph->symbol_count && (strlen(graph->symbols[s]->name) != (size_t)(equals - word) ||
		                                   strncmp(graph->symbols[s]->name, word, (size_t)(equals - word)) != 0))
			s++;
		if (s == graph->symbol_count) {
			const char *known = "";
			for (s = 0; s < graph->symbol_count; s++)
				known = hdt_format(context, "%s%s%s", known, s ? ", " : "", graph->symbols[s]->name);
			return hdt_fail(context, HDT_BAD_INPUT, "--dim=%s: the model has no dimension of that name; it has: %s",
			                word, *known ? known : "none");
		}
		int64_t min = graph->symbols[s]->args[0]->integer, max = graph->symbols[s]->args[1]->integer;
		if (size < min || size > max)
			return hdt_fail(context, HDT_BAD_INPUT, "--dim=%s is outside of the range %lld..%lld", word, (long long)min,
			                (long long)max);
		values[s] = size;
	}
	return HDT_OK;
}

/* Is the word before the `=` the name of input `i`, or its position? */
static bool names_input(const char *word, const hdt_graph *graph, int i)
{
	char position[24];
	const char *name = graph->inputs[i]->name, *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : 0;
	snprintf(position, sizeof position, "in%d", i);
	return n && ((strlen(position) == n && strncmp(word, position, n) == 0) ||
	             (strlen(name) == n && strncmp(word, name, n) == 0));
}

/* Every IN=... of the list must speak of an input. */
static hdt_status check_names(hdt_context *context, const hdt_graph *graph, const char *option,
                              const string_list *words)
{
	for (int w = 0; w < words->count; w++) {
		const char *word = words->items[w];
		int i = 0;
		if (!strchr(word, '='))
			continue;
		while (i < graph->input_count && !names_input(word, graph, i))
			i++;
		if (i == graph->input_count)
			return hdt_fail(context, HDT_BAD_INPUT,
			                "--%s=%s: the model has no input of that name; hidet-run info lists them", option, word);
	}
	return HDT_OK;
}

/* The --shape given for input `i`, if any. */
static const char *shape_word(const options *o, const hdt_graph *graph, int i)
{
	for (int s = 0; s < o->shapes.count; s++) {
		const char *word = o->shapes.items[s];
		if (names_input(word, graph, i))
			return strchr(word, '=') + 1;
	}
	return NULL;
}

hdt_status shape_parse(hdt_context *context, const char *word, hdt_array *a)
{
	a->rank = 0;
	for (const char *at = word; *at; at++) {
		char *end;
		long long size = strtoll(at, &end, 10);
		if (end == at || size < 0 || size == LLONG_MAX || a->rank == HDT_MAX_RANK || (*end && (*end != 'x' || !end[1])))
			return hdt_fail(context, HDT_USAGE, "--shape takes at most %d sizes as 1x3x224x224, not '%s'", HDT_MAX_RANK,
			                word);
		a->shape[a->rank++] = size;
		at = end;
		if (!*end)
			break;
	}
	return HDT_OK;
}

static hdt_status make_up(hdt_context *context, const hdt_graph *graph, const options *o, input_set *set)
{
	int64_t *values = hdt_allocate(context, sizeof *values * (size_t)(graph->symbol_count + 1));
	set->made = calloc((size_t)graph->input_count + 1, sizeof *set->made);
	if (!values || !set->made)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory making up inputs");
	hdt_status status = sizes_choose(context, graph, o, values);
	for (int s = 0; status == HDT_OK && s < o->shapes.count; s++)
		if (!strchr(o->shapes.items[s], '='))
			status = hdt_fail(context, HDT_USAGE, "--shape takes IN=1x3x224x224, not '%s'", o->shapes.items[s]);
	if (status == HDT_OK)
		status = check_names(context, graph, "shape", &o->shapes);
	bindings b = {graph->symbols, values, graph->symbol_count};
	random_stream stream;
	random_seed(&stream, o->seed < 0 ? 0 : (uint64_t)o->seed);
	for (int i = 0; status == HDT_OK && i < graph->input_count; i++) {
		const hdt_value *v = graph->inputs[i];
		hdt_array *a = &set->arrays[i];
		*a = (hdt_array){.name = v->name, .dtype = v->dtype, .rank = v->rank};
		const char *word = shape_word(o, graph, i);
		if (word)
			status = shape_parse(context, word, a);
		for (int d = 0; status == HDT_OK && !word && d < v->rank; d++)
			if (!expr_evaluate(v->shape[d], &b, &a->shape[d]) || a->shape[d] < 0)
				status = hdt_fail(context, HDT_BAD_INPUT,
				                  "dimension %d of input '%s' cannot be computed for these sizes", d, v->name);
		if (status != HDT_OK)
			break;
		status = inputs_make_room(context, set, a);
		if (status != HDT_OK)
			break;
		int64_t limit = hdt_is_integer(a->dtype) ? index_limit(graph, v) : -1;
		double high = hdt_is_float(a->dtype) ? 1 : limit > 0 ? (double)(limit - 1) : LARGEST_INTEGER;
		random_fill(&stream, a->dtype, a->data, array_elements(a), hdt_is_float(a->dtype) ? -1 : 0, high);
	}
	return status;
}

hdt_status inputs_gather(hdt_context *context, const hdt_graph *graph, const options *o, input_set *out)
{
	*out = (input_set){.count = graph->input_count};
	out->arrays = calloc((size_t)graph->input_count + 1, sizeof *out->arrays);
	if (!out->arrays)
		return hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory reading inputs");
	if (!o->inputs.count)
		return make_up(context, graph, o, out);
	if (o->dims.count || o->shapes.count)
		return hdt_fail(context, HDT_USAGE,
		                "--dim and --shape are for made-up inputs: with --inputs, the sizes are those of the tensors");
	if (check_names(context, graph, "inputs", &o->inputs) != HDT_OK)
		return HDT_BAD_INPUT;
	if (inputs_read(context, o, out) != HDT_OK)
		return hdt_context_status(context);
	for (int i = 0; i < graph->input_count; i++) {
		char position[24];
		snprintf(position, sizeof position, "in%d", i);
		const hdt_array *a = inputs_find(out, graph->inputs[i]->name);
		a = a ? a : inputs_find(out, position);
		if (!a)
			return hdt_fail(context, HDT_BAD_INPUT, "no tensor '%s' or '%s' among the inputs given",
			                graph->inputs[i]->name, position);
		out->arrays[i] = *a;
	}
	return HDT_OK;
}

void inputs_free(input_set *set)
{
	for (int f = 0; f < set->file_count; f++)
		tensor_file_close(&set->files[f]);
	for (int i = 0; i < set->made_count; i++)
		free(set->made[i]);
	free(set->arrays);
	free(set->files);
	free(set->made);
	*set = (input_set){0};
}
