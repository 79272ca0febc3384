/* explain.c: gathers lines that tell of choices, and counts those of a kind. */
#include "base/explain.h"

#include <ctype.h>
#include <string.h>

void explain_begin(explanation *e, hdt_context *context, bool every)
{
	*e = (explanation){.context = context, .every = every};
	map_init(&e->told, context);
	map_init(&e->kinds, context);
}

/* Values that it names do not make another kind. */
static const char *without_names(hdt_context *context, const char *kind)
{
	char *copy = arena_string(&context->arena, kind, strlen(kind)), *to = copy;
	for (const char *at = kind; copy && *at;) {
		*to++ = *at++;
		while (to[-1] == '%' && (isalnum((unsigned char)*at) || *at == '_'))
			at++;
	}
	if (to)
		*to = 0;
	return copy;
}

/* Is there a line of this kind, which now counts one more? */
static bool count_one_more(explanation *e, const char *kind)
{
	uintptr_t first = kind ? (uintptr_t)map_get(&e->kinds, kind) : 0;
	if (first)
		e->lines.items[first - 1].more++;
	else if (kind)
		(void)map_set(&e->kinds, kind, (void *)((uintptr_t)e->lines.count + 1));
	return first != 0;
}

void explain_line(explanation *e, const char *kind, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *line = hdt_intern(e->context, context_vformat(e->context, format, args));
	va_end(args);
	if (!line || map_get(&e->told, line) || !map_set(&e->told, line, (void *)(uintptr_t)line))
		return;
	explained one = {line, 0};
	if (!count_one_more(e, kind && !e->every ? hdt_intern(e->context, without_names(e->context, kind)) : NULL))
		(void)vec_push(e->context, &e->lines, one);
}

void explain_print(const explanation *e, text *out)
{
	for (int i = 0; i < e->lines.count; i++) {
		text_add(out, e->lines.items[i].line);
		if (e->lines.items[i].more)
			text_format(out, " (and %d more)", e->lines.items[i].more);
		text_add(out, "\n");
	}
}

bool explain_matches(const char *line, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = strstr(line, word); at; at = strstr(at + 1, word)) {
		unsigned char next = (unsigned char)at[length];
		if (*word != '%' || !(isalnum(next) || next == '_'))
			return true;
	}
	return false;
}
