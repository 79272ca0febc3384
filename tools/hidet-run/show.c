/* show.c: prints tensors short: at most six numbers a row, at most eight rows. */
#include "show.h"

#include "ir/expr.h"
#include "tensors/tensors.h"
#include <string.h>

enum { ROWS_SHOWN = 8, HEAD = 4, TAIL = 2, TOP_ROWS = 16 };

const char *show_type(const hdt_array *a, char *out)
{
	int n = snprintf(out, SHOW_TYPE_BYTES, "%s[", hdt_dtype_of(a->dtype)->name);
	for (int d = 0; d < a->rank; d++)
		n += snprintf(out + n, SHOW_TYPE_BYTES - (size_t)n, "%s%lld", d ? ", " : "", (long long)a->shape[d]);
	snprintf(out + n, SHOW_TYPE_BYTES - (size_t)n, "]");
	return out;
}

static void show_element(FILE *to, const hdt_array *a, int64_t i)
{
	scalar v = scalar_load(a->data, a->dtype, i);
	if (hdt_is_float(a->dtype))
		fprintf(to, "%10.5g", v.f);
	else if (a->dtype == HDT_BOOL)
		fprintf(to, "%s", v.i ? " true" : "false");
	else
		fprintf(to, "%lld", (long long)v.i);
}

void show_array(FILE *to, const hdt_array *a)
{
	char type[SHOW_TYPE_BYTES];
	int64_t elements = array_elements(a), row = a->rank ? a->shape[a->rank - 1] : 1, rows = row ? elements / row : 0;
	fprintf(to, "%s: %s\n", a->name ? a->name : "output", show_type(a, type));
	for (int64_t r = 0; r < rows && r < ROWS_SHOWN; r++) {
		fprintf(to, "  ");
		for (int64_t i = 0; i < row; i++) {
			if (row > HEAD + TAIL && i == HEAD) {
				fprintf(to, " ...");
				i = row - TAIL;
			}
			fprintf(to, i ? " " : "");
			show_element(to, a, r * row + i);
		}
		fprintf(to, "\n");
	}
	if (rows > ROWS_SHOWN)
		fprintf(to, "  ... %lld more rows\n", (long long)(rows - ROWS_SHOWN));
}

static double number(const hdt_array *a, int64_t i)
{
	scalar v = scalar_load(a->data, a->dtype, i);
	return hdt_is_float(a->dtype) ? v.f : (double)v.i;
}

void show_top(FILE *to, const hdt_array *a, long k)
{
	char type[SHOW_TYPE_BYTES];
	int64_t elements = array_elements(a), row = a->rank ? a->shape[a->rank - 1] : 1, rows = row ? elements / row : 0;
	fprintf(to, "%s: %s, top %ld\n", a->name ? a->name : "output", show_type(a, type), k);
	for (int64_t r = 0; r < rows && r < TOP_ROWS; r++) {
		int64_t last = -1;
		fprintf(to, "  row %lld:", (long long)r);
		for (long n = 0; n < k && n < row; n++) {
			/* The largest entry after `last` in the order (value falling, position rising). */
			int64_t best = -1;
			for (int64_t i = 0; i < row; i++) {
				double v = number(a, r * row + i);
				bool after = last < 0 || v < number(a, r * row + last) || (v == number(a, r * row + last) && i > last);
				if (after && (best < 0 || v > number(a, r * row + best)))
					best = i;
			}
			if (best < 0)
				break;
			fprintf(to, "  %lld (%.4g)", (long long)best, number(a, r * row + best));
			last = best;
		}
		fprintf(to, "\n");
	}
	if (rows > TOP_ROWS)
		fprintf(to, "  ... %lld more rows\n", (long long)(rows - TOP_ROWS));
}
