/* kernel.c: kernels of hidet/hidet.h: programs written as text, compiled once, run with arrays and numbers. */
#include "core/kernel.h"

#include "base/file.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT_BYTES = 64 * 1024 * 1024 };

/* ---- loading --------------------------------------------------------------------------------------------------------- */

/* The text is read twice: lowering leaves little of what it says about views. */
static hdt_status read_program(hdt_kernel *k, const char *path, hdt_program **program)
{
	char *source;
	size_t bytes;
	hdt_status status = file_read(k->context, path, MOST_TEXT_BYTES, &source, &bytes);
	if (status != HDT_OK)
		return status;
	if (strlen(source) != bytes)
		status = hdt_fail(k->context, HDT_BAD_MODEL, "%s: byte %zu is NUL: this is no text file", path, strlen(source));
	else
		k->source = hdt_program_parse(k->context, path, source, NULL, 0);
	*program = k->source ? hdt_program_parse(k->context, path, source, NULL, 0) : NULL;
	free(source);
	return *program ? HDT_OK : status != HDT_OK ? status : hdt_context_status(k->context);
}

static hdt_status load(hdt_kernel *k, const char *path, const hdt_compile_options *options)
{
	hdt_program *program;
	compile_report report;
	hdt_status status = read_program(k, path, &program);
	if (status == HDT_OK)
		status = program_verify(program);
	if (status == HDT_OK)
		status = kernel_describe(k);
	return status == HDT_OK ? compile_program(program, options, &k->on, &k->loaded, &report) : status;
}

hdt_status hdt_kernel_load(hdt_session *session, const char *path, const hdt_compile_options *options, hdt_kernel **out)
{
	*out = NULL;
	session_clear_error(session);
	hdt_kernel *k = calloc(1, sizeof *k);
	if (!k || !(k->context = context_new(session_registry(session)))) {
		free(k);
		return session_fail(session, HDT_OUT_OF_MEMORY, "out of memory reading '%s'", path);
	}
	k->session = session;
	hdt_status status = load(k, path, options);
	if (status != HDT_OK)
		session_keep_fault(session, k->context);
	if (status == HDT_OK && k->on) {
		session_count_compilation(session);
		*out = k;
	} else {
		hdt_kernel_free(k);
	}
	return status;
}

void hdt_kernel_free(hdt_kernel *kernel)
{
	if (!kernel)
		return;
	loaded_release(kernel->on);
	context_free(kernel->diagnostics);
	context_free(kernel->context);
	free(kernel);
}

hdt_status kernel_begin(hdt_kernel *k)
{
	session_clear_error(k->session);
	if (k->diagnostics && hdt_context_status(k->diagnostics) != HDT_OK) {
		context_free(k->diagnostics);
		k->diagnostics = NULL;
	}
	if (!k->diagnostics && !(k->diagnostics = context_new(session_registry(k->session))))
		return session_fail(k->session, HDT_OUT_OF_MEMORY, "out of memory");
	return HDT_OK;
}

/* ---- memory of a run ------------------------------------------------------------------------------------------------- */

/* Memory of one buffer of the program. */
typedef struct placed {
	void *address; /* where the kernel finds it */
	int64_t bytes;
	bool owned; /* the device's, to be released */
} placed;

typedef struct kernel_run {
	hdt_kernel *kernel;
	kernel_arguments arguments;
	placed *buffers;
	int64_t *bytes; /* of the buffers */
	void **addresses;
	launch_list launches;
} kernel_run;

static hdt_status fail_memory(const kernel_run *r, const char *name, int64_t bytes)
{
	return hdt_fail(r->kernel->diagnostics, HDT_OUT_OF_MEMORY, "out of memory: '%s' needs %lld bytes%s", name,
	                (long long)bytes, loaded_free_memory(r->kernel->on, r->kernel->diagnostics));
}

static hdt_status allocate(const kernel_run *r, const char *name, placed *p)
{
	const loaded *on = r->kernel->on;
	p->address = on->target->allocate(on->device, (size_t)p->bytes);
	p->owned = p->address != NULL;
	return p->owned ? HDT_OK : fail_memory(r, name, p->bytes);
}

static int64_t array_bytes(const hdt_array *a)
{
	int64_t bytes = hdt_dtype_of(a->dtype)->bytes;
	for (int d = 0; d < a->rank; d++)
		if (a->shape[d] < 0 || __builtin_mul_overflow(bytes, a->shape[d], &bytes) || bytes > MAX_TENSOR_BYTES)
			return -1;
	return bytes;
}

/* An array where it lies, if the target reads the host's memory, else a copy on the device. */
static hdt_status place_array(kernel_run *r, int index)
{
	const hdt_kernel *k = r->kernel;
	const hdt_array *a = r->arguments.arrays[index];
	const char *name = k->parameters[index].name;
	placed *p = &r->buffers[index];
	p->bytes = array_bytes(a);
	if (p->bytes < 0)
		return hdt_fail(k->diagnostics, HDT_BAD_INPUT, "'%s' has an impossible shape", name);
	if (p->bytes == 0)
		return HDT_OK;
	if (!a->data)
		return hdt_fail(k->diagnostics, HDT_BAD_INPUT, "'%s' has no data", name);
	if (k->on->target->host_memory && (uintptr_t)a->data % hdt_dtype_of(a->dtype)->bytes == 0) {
		p->address = a->data;
		return HDT_OK;
	}
	hdt_status status = allocate(r, name, p);
	if (status == HDT_OK && k->on->target->copy(k->on->device, p->address, a->data, (size_t)p->bytes) != HDT_OK)
		status = hdt_fail(k->diagnostics, HDT_BAD_TARGET, "'%s' cannot be copied to the device", name);
	return status;
}

static hdt_status place_workspace(kernel_run *r, int index)
{
	const hdt_tensor *t = r->kernel->loaded.program->buffers[index];
	const bindings b = kernel_arguments_known(&r->arguments);
	placed *p = &r->buffers[index];
	p->bytes = shape_bytes(t->dtype, hdt_shape(t), &b, NULL);
	if (p->bytes < 0)
		return hdt_fail(r->kernel->diagnostics, HDT_BAD_INPUT, "these sizes give '%s' an impossible shape", t->name);
	return p->bytes ? allocate(r, t->name, p) : HDT_OK;
}

static hdt_status place_constant(kernel_run *r, int index)
{
	hdt_kernel *k = r->kernel;
	const loaded *on = k->on;
	const hdt_tensor *t = k->loaded.program->buffers[index];
	placed *p = &r->buffers[index];
	p->bytes = shape_bytes(t->dtype, hdt_shape(t), &(bindings){NULL, NULL, 0}, NULL);
	void *made = p->bytes > 0 ? malloc((size_t)p->bytes) : NULL;
	if (p->bytes == 0)
		return HDT_OK;
	hdt_status status = made ? kernel_constant_compute(k, index - k->array_count, r->arguments.arrays, made)
	                         : fail_memory(r, t->name, p->bytes);
	if (status == HDT_OK)
		status = allocate(r, t->name, p);
	if (status == HDT_OK && on->target->copy(on->device, p->address, made, (size_t)p->bytes) != HDT_OK)
		status = hdt_fail(k->diagnostics, HDT_BAD_TARGET, "'%s' cannot be copied to the device", t->name);
	free(made);
	return status;
}

/* A kernel may keep what it wrote in registers: nobody else is to look there. */
static hdt_status check_overlap(const kernel_run *r)
{
	const hdt_kernel *k = r->kernel;
	for (int i = 0; i < k->array_count; i++)
		for (int j = 0; j < k->array_count; j++) {
			const char *a = r->arguments.arrays[i]->data, *b = r->arguments.arrays[j]->data;
			if (i == j || !k->parameters[i].is_written || !r->buffers[i].bytes || !r->buffers[j].bytes)
				continue;
			if ((uintptr_t)a < (uintptr_t)b + (uintptr_t)r->buffers[j].bytes &&
			    (uintptr_t)b < (uintptr_t)a + (uintptr_t)r->buffers[i].bytes)
				return hdt_fail(k->diagnostics, HDT_BAD_INPUT,
				                "'%s', which is written, and '%s' lie in the same memory", k->parameters[i].name,
				                k->parameters[j].name);
		}
	return HDT_OK;
}

static hdt_status place(kernel_run *r)
{
	const hdt_program *p = r->kernel->loaded.program;
	hdt_status status = HDT_OK;
	for (int i = 0; i < p->buffer_count && status == HDT_OK; i++)
		status = i < r->kernel->array_count                       ? place_array(r, i)
		         : i < r->kernel->array_count + p->constant_count ? place_constant(r, i)
		                                                          : place_workspace(r, i);
	for (int i = 0; i < p->buffer_count; i++) {
		r->bytes[i] = r->buffers[i].bytes;
		r->addresses[i] = r->buffers[i].address;
	}
	return status == HDT_OK ? check_overlap(r) : status;
}

/* ---- running --------------------------------------------------------------------------------------------------------- */

static hdt_status launch(kernel_run *r)
{
	const loaded *on = r->kernel->on;
	hdt_context *diagnostics = r->kernel->diagnostics;
	hdt_fault fault = {.launch = -1};
	const bindings b = kernel_arguments_known(&r->arguments);
	hdt_status status = launch_program(&r->launches, diagnostics, &r->kernel->loaded, 0, &b, r->bytes);
	if (status != HDT_OK)
		return status;
	for (int i = 0; i < r->launches.launches.count; i++)
		launch_address(&r->launches, i, r->addresses);
	status = on->target->run(on->device, r->launches.launches.items, r->launches.launches.count, &fault);
	if (status == HDT_OK)
		return HDT_OK;
	bool known = fault.launch >= 0 && fault.launch < r->launches.planned.count;
	const hdt_function *f = known ? r->launches.planned.items[fault.launch].function : NULL;
	return hdt_fail(diagnostics, status, "kernel @%s: %s", f ? f->name : r->kernel->loaded.program->name,
	                fault.message);
}

static hdt_status copy_back(const kernel_run *r)
{
	const hdt_kernel *k = r->kernel;
	for (int i = 0; i < k->array_count; i++) {
		const placed *p = &r->buffers[i];
		if (!p->owned || !k->parameters[i].is_written)
			continue;
		if (k->on->target->copy(k->on->device, r->arguments.arrays[i]->data, p->address, (size_t)p->bytes) != HDT_OK)
			return hdt_fail(k->diagnostics, HDT_BAD_TARGET, "'%s' cannot be copied from the device",
			                k->parameters[i].name);
	}
	return HDT_OK;
}

static void finish(kernel_run *r)
{
	const loaded *on = r->kernel->on;
	for (int i = 0; r->buffers && i < r->kernel->loaded.program->buffer_count; i++)
		if (r->buffers[i].owned)
			on->target->release(on->device, r->buffers[i].address);
	launch_list_fini(&r->launches);
	kernel_arguments_fini(&r->arguments);
	free(r->buffers);
	free(r->bytes);
	free(r->addresses);
}

hdt_status hdt_kernel_run(hdt_kernel *kernel, const hdt_kernel_argument *arguments, int count)
{
	size_t buffers = (size_t)kernel->loaded.program->buffer_count;
	hdt_status status = kernel_begin(kernel);
	if (status != HDT_OK)
		return status;
	kernel_run r = {.kernel = kernel};
	launch_list_init(&r.launches);
	r.buffers = calloc(buffers + 1, sizeof *r.buffers);
	r.bytes = calloc(buffers + 1, sizeof *r.bytes);
	r.addresses = calloc(buffers + 1, sizeof *r.addresses);
	status = r.buffers && r.bytes && r.addresses ? kernel_arguments_init(&r.arguments, kernel)
	                                             : hdt_fail(kernel->diagnostics, HDT_OUT_OF_MEMORY, "out of memory");
	if (status == HDT_OK)
		status = kernel_arguments_sort(&r.arguments, kernel, arguments, count);
	if (status == HDT_OK)
		status = kernel_arguments_complete(&r.arguments, kernel);
	if (status == HDT_OK)
		status = loaded_check(kernel->on, kernel->diagnostics);
	if (status == HDT_OK)
		status = place(&r);
	if (status == HDT_OK)
		status = launch(&r);
	if (status == HDT_OK)
		status = copy_back(&r);
	finish(&r);
	if (status != HDT_OK)
		session_keep_fault(kernel->session, kernel->diagnostics);
	return status;
}
