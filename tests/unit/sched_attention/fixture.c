/* fixture.c: see fixture.h. */
#include "fixture.h"

#include "base/text.h"
#include <string.h>

const hdt_scheduler *const scheduler_under_test = &hdt_scheduler_attention_cpu;

/* ---- the text of an attention --------------------------------------------------------------------------------------- */

static const char *or_else(const char *given, const char *usual)
{
	return given ? given : usual;
}

/* `form` with its %s replaced. */
static const char *put(const char *form, const char *part)
{
	const char *hole = strstr(form, "%s");
	cr_assert_not_null(hole);
	return hdt_format(context, "%.*s%s%s", (int)(hole - form), form, part, hole + 2);
}

static const char *indices(const attention_shape *s, const char *head, const char *row, const char *column)
{
	return s->turned ? hdt_format(context, "[b, %s, %s, %s]", row, head, column)
	                 : hdt_format(context, "[b, %s, %s, %s]", head, row, column);
}

static const char *shape_of(const attention_shape *s, int heads, const char *rows, const char *columns)
{
	return s->turned ? hdt_format(context, "[1, %s, %d, %s]", rows, heads, columns)
	                 : hdt_format(context, "[1, %d, %s, %s]", heads, rows, columns);
}

const char *attention_text(const attention_shape *s)
{
	const char *m = s->queries, *n = s->keys, *depth = or_else(s->depth, "16"), *width = or_else(s->width, "16");
	const char *dtype = or_else(s->dtype, "f32"), *real = strcmp(dtype, "f64") ? "f32" : "f64";
	const char *head = s->served > 1 ? hdt_format(context, "h // %d", s->served) : "h";
	bool narrow = strcmp(dtype, real) != 0;
	int heads = s->served > 1 ? 4 / s->served : 4;
	text t = {0};
	const char *product = hdt_format(context, "(sum<%s>(d < %s) q%s * k%s)", real, depth, indices(s, "h", "i", "d"),
	                                 indices(s, head, "j", "d"));
	const char *shift = "select(largest[b, h, i] == -inf, 0.0, largest[b, h, i])",
			   *v = hdt_format(context, "v%s", indices(s, head, "j", "e"));
	const char *mean = hdt_format(
		context,
		"(sum(j < %s) exp(scores[b, h, i, j] - %s) * %s) / select(largest[b, h, i] == -inf, 1.0, sum[b, h, i])", n,
		shift, narrow ? hdt_format(context, "%s(%s)", real, v) : v);
	const char *result = put(or_else(s->result, "%s"), mean);
	text_format(&t, "task @t(q: %s%s, k: %s%s, v: %s%s%s) -> (y)%s%s {\n", dtype, shape_of(s, 4, m, depth), dtype,
	            shape_of(s, heads, n, depth), dtype, shape_of(s, heads, n, width), or_else(s->more, ""),
	            s->where ? " where " : "", or_else(s->where, ""));
	text_format(&t, "  scores[b < 1, h < 4, i < %s, j < %s] = %s\n", m, n,
	            put(or_else(s->score, "%s * 0.25"), product));
	text_format(&t, "  largest[b < 1, h < 4, i < %s] = max(l < %s) %s\n", m, n,
	            or_else(s->largest, "scores[b, h, i, l]"));
	text_format(&t, "  sum[b < 1, h < 4, i < %s] = sum(s < %s) exp(scores[b, h, i, s] - %s)\n", m, n, shift);
	text_format(&t,
	            s->turned ? "  y[b < 1, i < %s, h < 4, e < %s] = %s%s%s\n}"
	                      : "  y[b < 1, h < 4, i < %s, e < %s] = %s%s%s\n}",
	            m, width, narrow ? hdt_format(context, "%s(", dtype) : "", result, narrow ? ")" : "");
	return text_finish(&t, context);
}
