/* kernel.c: runs a kernel file alone: numbers from --dim, arrays from --inputs or made up in the shapes that the kernel's views give them. */
#include "verbs.h"

#include "data.h"
#include "results.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_INTEGER = 9 };

typedef struct kernel_call {
	hdt_session *session;
	const options *o;
	hdt_context *context;
	hdt_kernel *kernel;
	const hdt_kernel_parameter *parameters;
	int parameter_count, array_count;
	hdt_kernel_argument *numbers; /* of --dim */
	input_set inputs;             /* one array for each array parameter */
	results results;
} kernel_call;

/* Is this the word before the `=`? */
static bool is_named(const char *word, const char *name)
{
	size_t n = strlen(name);
	return strncmp(word, name, n) == 0 && word[n] == '=';
}

/* NAME=VALUE, a parameter's number or the size of a dimension. What the name means is checked when the kernel is called. */
static hdt_status read_number(kernel_call *c, const char *word, hdt_kernel_argument *out)
{
	const char *equals = strchr(word, '=');
	char *end = NULL;
	if (!equals || equals == word || !equals[1])
		return hdt_fail(c->context, HDT_USAGE, "--dim takes NAME=VALUE, not '%s'", word);
	*out = (hdt_kernel_argument){.name = arena_string(&c->context->arena, word, (size_t)(equals - word))};
	if (!out->name)
		return hdt_fail(c->context, HDT_OUT_OF_MEMORY, "out of memory");
	bool is_real = false;
	for (int i = 0; i < c->parameter_count; i++)
		is_real = is_real || (is_named(word, c->parameters[i].name) && hdt_is_float(c->parameters[i].dtype));
	errno = 0;
	if (is_real)
		out->real = strtod(equals + 1, &end);
	else
		out->integer = strtoll(equals + 1, &end, 10);
	if (*end || (!is_real && errno == ERANGE))
		return hdt_fail(c->context, HDT_USAGE, "--dim takes NAME=VALUE, not '%s'", word);
	return HDT_OK;
}

static hdt_status read_numbers(kernel_call *c)
{
	hdt_status status = HDT_OK;
	c->numbers = hdt_allocate(c->context, sizeof *c->numbers * (size_t)(c->o->dims.count + 1));
	if (!c->numbers)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < c->o->dims.count && status == HDT_OK; i++)
		status = read_number(c, c->o->dims.items[i], &c->numbers[i]);
	for (int i = c->array_count; i < c->parameter_count && status == HDT_OK; i++) {
		int k = 0;
		while (k < c->o->dims.count && strcmp(c->numbers[k].name, c->parameters[i].name) != 0)
			k++;
		if (k == c->o->dims.count)
			status = hdt_fail(c->context, HDT_BAD_INPUT, "the kernel takes a number '%s' of %s: --dim %s=VALUE",
			                  c->parameters[i].name, hdt_dtype_of(c->parameters[i].dtype)->name, c->parameters[i].name);
	}
	return status;
}

/* The --shape of an array, if there is one. */
static const char *shape_word(const kernel_call *c, const char *name)
{
	for (int i = 0; i < c->o->shapes.count; i++)
		if (is_named(c->o->shapes.items[i], name))
			return strchr(c->o->shapes.items[i], '=') + 1;
	return NULL;
}

/* Every --shape must speak of an array. */
static hdt_status check_shapes(const kernel_call *c)
{
	for (int s = 0; s < c->o->shapes.count; s++) {
		int i = 0;
		while (i < c->array_count && !is_named(c->o->shapes.items[s], c->parameters[i].name))
			i++;
		if (i == c->array_count)
			return hdt_fail(c->context, HDT_BAD_INPUT, "--shape=%s: the kernel has no array of that name",
			                c->o->shapes.items[s]);
	}
	return HDT_OK;
}

/* Zeros for what the kernel writes, random numbers for what it only reads. */
static hdt_status make_up(kernel_call *c, int index, random_stream *stream)
{
	hdt_array *a = &c->inputs.arrays[index];
	const hdt_kernel_parameter *p = &c->parameters[index];
	const char *word = shape_word(c, p->name);
	*a = (hdt_array){.name = p->name, .dtype = p->dtype};
	hdt_status status =
		word ? shape_parse(c->context, word, a) : kernel_array_shape(c->kernel, c->numbers, c->o->dims.count, index, a);
	if (status != HDT_OK && !word)
		return hdt_fail(c->context, status, "%s", hdt_session_error(c->session));
	if (status == HDT_OK && a->rank < 0)
		return hdt_fail(c->context, HDT_BAD_INPUT, "nothing tells how large '%s' is: --shape %s=SIZE, or --inputs",
		                p->name, p->name);
	if (status == HDT_OK)
		status = inputs_make_room(c->context, &c->inputs, a);
	if (status == HDT_OK && !p->is_written)
		random_fill(stream, a->dtype, a->data, array_elements(a), hdt_is_float(a->dtype) ? -1 : 0,
		            hdt_is_float(a->dtype) ? 1 : LARGEST_INTEGER);
	return status;
}

/* A tensor of --inputs; what the kernel writes is a copy, for the file is not to change. */
static hdt_status take(kernel_call *c, int index, const hdt_array *from)
{
	hdt_array *a = &c->inputs.arrays[index];
	*a = *from;
	a->name = c->parameters[index].name;
	hdt_status status = c->parameters[index].is_written ? inputs_make_room(c->context, &c->inputs, a) : HDT_OK;
	if (status == HDT_OK && a->data != from->data)
		memcpy(a->data, from->data, (size_t)array_elements(a) * hdt_dtype_of(a->dtype)->bytes);
	return status;
}

static hdt_status gather_arrays(kernel_call *c)
{
	random_stream stream;
	c->inputs.count = c->array_count;
	c->inputs.arrays = calloc((size_t)c->array_count + 1, sizeof *c->inputs.arrays);
	c->inputs.made = calloc((size_t)c->array_count + 1, sizeof *c->inputs.made);
	if (!c->inputs.arrays || !c->inputs.made)
		return hdt_fail(c->context, HDT_OUT_OF_MEMORY, "out of memory");
	hdt_status status = inputs_read(c->context, c->o, &c->inputs);
	if (status == HDT_OK)
		status = check_shapes(c);
	random_seed(&stream, c->o->seed < 0 ? 0 : (uint64_t)c->o->seed);
	for (int i = 0; i < c->array_count && status == HDT_OK; i++) {
		char position[24];
		snprintf(position, sizeof position, "in%d", i);
		const hdt_array *given = inputs_find(&c->inputs, c->parameters[i].name);
		given = given ? given : inputs_find(&c->inputs, position);
		status = given ? take(c, i, given) : make_up(c, i, &stream);
	}
	return status;
}

/* Arrays by name, then the numbers of --dim. */
static hdt_status call(kernel_call *c)
{
	int count = c->array_count + c->o->dims.count;
	hdt_kernel_argument *arguments = hdt_allocate(c->context, sizeof *arguments * (size_t)(count + 1));
	if (!arguments)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < c->array_count; i++)
		arguments[i] = (hdt_kernel_argument){.name = c->parameters[i].name, .array = &c->inputs.arrays[i]};
	for (int i = 0; i < c->o->dims.count; i++)
		arguments[c->array_count + i] = c->numbers[i];
	double start = now_ms();
	hdt_status status = hdt_kernel_run(c->kernel, arguments, count);
	c->results.run_ms = now_ms() - start;
	return status == HDT_OK ? HDT_OK : hdt_fail(c->context, status, "%s", hdt_session_error(c->session));
}

/* The results are the arrays that the kernel writes. */
static hdt_status give(kernel_call *c)
{
	c->results.outputs = hdt_allocate(c->context, sizeof *c->results.outputs * (size_t)(c->array_count + 1));
	if (!c->results.outputs)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < c->array_count; i++)
		if (c->parameters[i].is_written)
			c->results.outputs[c->results.count++] = c->inputs.arrays[i];
	return HDT_OK;
}

static int finish(kernel_call *c, int code)
{
	hdt_kernel_free(c->kernel);
	inputs_free(&c->inputs);
	context_free(c->context);
	return code;
}

int run_kernel(hdt_session *session, const options *o)
{
	kernel_call c = {.session = session, .o = o, .context = context_new(session_registry(session))};
	if (!c.context)
		return exit_code_of(HDT_OUT_OF_MEMORY);
	c.results = (results){.o = o, .context = c.context};
	if (o->kernels.count != 1 || o->reference) {
		hdt_fail(c.context, HDT_USAGE,
		         o->reference ? "--reference is for models: a kernel has no other meaning than its own"
		                      : "without a model, one --kernel at a time");
		return finish(&c, report_fault(c.context));
	}
	hdt_compile_options how = compile_options_of(o);
	double start = now_ms();
	hdt_status status = hdt_kernel_load(session, o->kernels.items[0], &how, &c.kernel);
	c.results.compile_ms = now_ms() - start;
	if (status != HDT_OK || !c.kernel) /* --stop-after leaves nothing to run */
		return finish(&c, status != HDT_OK ? report_session_fault(session, status) : 0);
	c.parameter_count = hdt_kernel_parameters(c.kernel, &c.parameters);
	while (c.array_count < c.parameter_count && c.parameters[c.array_count].is_array)
		c.array_count++;
	status = read_numbers(&c);
	if (status == HDT_OK)
		status = gather_arrays(&c);
	if (status == HDT_OK)
		status = call(&c);
	if (status == HDT_OK)
		status = give(&c);
	return finish(&c, status == HDT_OK ? results_give(&c.results) : report_fault(c.context));
}
