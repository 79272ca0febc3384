/* results.c: shows, compares, saves and reports the outputs of a run. */
#include "results.h"

#include "exec/compare.h"
#include "show.h"
#include "tensors/tensors.h"
#include "verbs.h"
#include <stdio.h>
#include <string.h>

static const hdt_array *expected(const tensor_file *file, const char *name, int index)
{
	char position[24];
	snprintf(position, sizeof position, "out%d", index);
	for (int i = 0; i < file->count; i++)
		if (strcmp(file->items[i].name, position) == 0 || (name && strcmp(file->items[i].name, name) == 0))
			return &file->items[i];
	return NULL;
}

hdt_dtype results_tolerance(const char *precision)
{
	return strcmp(precision, "tf32") == 0 ? HDT_F16 : hdt_dtype_named(precision);
}

/* One output that is there to compare with. */
static void check_output(results *r, const hdt_array *got, const hdt_array *want)
{
	FILE *to = json_on_stdout(r->o) ? stderr : stdout;
	char a[SHOW_TYPE_BYTES], b[SHOW_TYPE_BYTES];
	if (!same_shape(got, want)) {
		fprintf(to, "%s: MISMATCH: the result is %s, expected %s\n", got->name, show_type(got, a), show_type(want, b));
		r->mismatched++;
		return;
	}
	hdt_dtype computed =
		r->o->precision && hdt_is_float(want->dtype) ? results_tolerance(r->o->precision) : want->dtype;
	comparison c = compare_arrays(got, want, (tolerance){r->o->rtol, r->o->atol, 0, computed});
	r->max_absolute = c.max_absolute > r->max_absolute ? c.max_absolute : r->max_absolute;
	r->max_relative = c.max_relative > r->max_relative ? c.max_relative : r->max_relative;
	r->mismatched += c.mismatched;
	if (!c.mismatched) {
		if (!r->o->quiet)
			fprintf(to, "%s: equal within tolerance, largest error %.3g absolute, %.3g relative\n", got->name,
			        c.max_absolute, c.max_relative);
		return;
	}
	fprintf(to, "%s: MISMATCH in %lld of %lld elements, largest error %.3g absolute, %.3g relative; worst at [",
	        got->name, (long long)c.mismatched, (long long)c.elements, c.max_absolute, c.max_relative);
	for (int d = 0; d < want->rank; d++)
		fprintf(to, "%s%lld", d ? ", " : "", (long long)c.worst[d]);
	fprintf(to, "]: %.9g, expected %.9g\n", c.worst_got, c.worst_want);
}

/* Compare with --expect; prints one line an output. A mismatch is counted, not a fault. */
static hdt_status check(results *r)
{
	tensor_file file;
	hdt_status status = safetensors_read(r->context, r->o->expect, &file);
	if (status != HDT_OK)
		return status;
	int compared = 0;
	for (int i = 0; i < r->count; i++) {
		const hdt_array *got = &r->outputs[i], *want = expected(&file, got->name, i);
		if (want) {
			check_output(r, got, want);
			compared++;
		} else if (!r->o->quiet) {
			fprintf(json_on_stdout(r->o) ? stderr : stdout, "%s: not compared: '%s' has no out%d\n", got->name,
			        r->o->expect, i);
		}
	}
	tensor_file_close(&file);
	if (!compared)
		return hdt_fail(r->context, HDT_BAD_INPUT, "'%s' holds none of the outputs: it should have out0, out1, ...",
		                r->o->expect);
	return HDT_OK;
}

/* Write --outputs: out0, out1, ... */
static hdt_status save(results *r)
{
	hdt_array *named = hdt_allocate(r->context, sizeof *named * (size_t)(r->count + 1));
	if (!named)
		return HDT_OUT_OF_MEMORY;
	for (int i = 0; i < r->count; i++) {
		named[i] = r->outputs[i];
		named[i].name = hdt_format(r->context, "out%d", i);
	}
	return safetensors_write(r->context, r->o->outputs, named, r->count);
}

static json_t *make_report(const results *r)
{
	json_t *outputs = json_array();
	for (int i = 0; i < r->count; i++) {
		json_t *shape = json_array();
		for (int d = 0; d < r->outputs[i].rank; d++)
			json_array_append_new(shape, json_integer(r->outputs[i].shape[d]));
		json_array_append_new(outputs, json_pack("{s:s, s:s, s:o}", "name", r->outputs[i].name, "dtype",
		                                         hdt_dtype_of(r->outputs[i].dtype)->name, "shape", shape));
	}
	json_t *report = json_pack("{s:o, s:f, s:f}", "outputs", outputs, "compile_ms", r->compile_ms, "run_ms", r->run_ms);
	if (r->o->expect) {
		json_object_set_new(report, "max_abs_err", json_real(r->max_absolute));
		json_object_set_new(report, "max_rel_err", json_real(r->max_relative));
		json_object_set_new(report, "mismatched", json_integer(r->mismatched));
	}
	return report;
}

/* As --topk, --quiet and --json say; nothing when they are compared or saved instead. */
static void show(const results *r)
{
	for (int i = 0; i < r->count && !json_on_stdout(r->o) && !r->o->quiet; i++) {
		if (r->o->topk > 0)
			show_top(stdout, &r->outputs[i], r->o->topk);
		else if (!r->o->expect && !r->o->outputs)
			show_array(stdout, &r->outputs[i]);
	}
	if (r->o->verbose)
		fprintf(stderr, "compiled in %.1f ms, ran in %.3f ms\n", r->compile_ms, r->run_ms);
}

int results_give(results *r)
{
	show(r);
	if ((r->o->expect && check(r) != HDT_OK) || (r->o->outputs && save(r) != HDT_OK))
		return report_fault(r->context);
	if (!report_json(r->o, make_report(r)))
		return exit_code_of(HDT_IO_ERROR);
	return r->mismatched ? exit_code_of(HDT_MISMATCH) : 0;
}
