/* loop_style.c: how the loops of a repeat, or of a grid of loops, are to be run, from text and back: "u+.p8". */
#include "ir/task_mapping.h"
#include <ctype.h>

enum { SMALL_EXTENT = 4 }; /* below it a loop is unrolled unless something else is said */

hdt_loop_style loop_style_default(int64_t extent)
{
	return (hdt_loop_style){extent < SMALL_EXTENT ? HDT_STYLE_UNROLL : HDT_STYLE_PLAIN, 0};
}

/* The number at **at, moved past it; 0 when there is none, or it is no possible factor. */
static int64_t read_factor(const char **at)
{
	int64_t factor = 0;
	for (; isdigit((unsigned char)**at); (*at)++)
		if (factor < INT32_MAX)
			factor = factor * 10 + (**at - '0');
	return factor < INT32_MAX ? factor : 0;
}

/* One style at **at, moved past it; false when there is none. */
static bool read_style(const char **at, hdt_loop_style *out)
{
	char letter = *(*at)++;
	*out = (hdt_loop_style){HDT_STYLE_PLAIN, 0};
	if (letter == '.')
		return true;
	if (letter != 'u' && letter != 'p')
		return false;
	out->kind = letter == 'u' ? HDT_STYLE_ADVISED : HDT_STYLE_PARALLEL;
	if (letter == 'u' && **at == '+') {
		(*at)++;
		out->kind = HDT_STYLE_UNROLL;
		return true;
	}
	bool has_factor = isdigit((unsigned char)**at);
	out->factor = read_factor(at);
	return !has_factor || out->factor > 0;
}

bool loop_styles_parse(hdt_context *context, const char *styles, const int64_t *extents, int count, hdt_loop_style *out)
{
	const char *at = styles;
	int given = 0;
	for (int d = 0; d < count; d++)
		out[d] = loop_style_default(extents[d]);
	if (!styles)
		return true;
	for (hdt_loop_style style; *at; given++) {
		if (!read_style(&at, &style)) {
			hdt_fail(context, HDT_INTERNAL,
			         "\"%s\" is no list of loop styles: each is one of . u uN u+ p pN with N at least 1", styles);
			return false;
		}
		if (given < count)
			out[given] = style;
	}
	if (given != 1 && given != count) {
		hdt_fail(context, HDT_INTERNAL,
		         "\"%s\" has %d loop styles for %d dimensions: give one for all, or one for each", styles, given,
		         count);
		return false;
	}
	for (int d = 1; d < count && given == 1; d++)
		out[d] = out[0];
	return true;
}

static bool is_same(hdt_loop_style a, hdt_loop_style b)
{
	return a.kind == b.kind && a.factor == b.factor;
}

void loop_styles_print(text *t, const hdt_loop_style *styles, int count)
{
	static const char *const letters[] = {
		[HDT_STYLE_PLAIN] = ".", [HDT_STYLE_ADVISED] = "u", [HDT_STYLE_UNROLL] = "u+", [HDT_STYLE_PARALLEL] = "p"};
	bool all_same = true;
	for (int d = 1; d < count; d++)
		all_same &= is_same(styles[d], styles[0]);
	for (int d = 0; d < (all_same && count ? 1 : count); d++) {
		text_add(t, letters[styles[d].kind]);
		if (styles[d].factor)
			text_format(t, "%lld", (long long)styles[d].factor);
	}
}
