/* text.c: the growing string, and the nearest name for messages. */
#include "base/text.h"

#include "base/context.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(text *t, size_t more)
{
	if (t->failed)
		return false;
	if (t->capacity - t->length > more)
		return true;
	size_t capacity = t->capacity ? t->capacity : 256;
	while (capacity - t->length <= more)
		capacity *= 2;
	char *p = realloc(t->data, capacity);
	if (!p) {
		t->failed = true;
		return false;
	}
	t->data = p;
	t->capacity = capacity;
	return true;
}

void text_add_bytes(text *t, const char *bytes, size_t length)
{
	if (!reserve(t, length))
		return;
	if (length)
		memcpy(t->data + t->length, bytes, length);
	t->length += length;
	t->data[t->length] = 0;
}

void text_add(text *t, const char *string)
{
	text_add_bytes(t, string, strlen(string));
}

void text_vformat(text *t, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		t->failed = true;
	else if (reserve(t, (size_t)length)) {
		vsnprintf(t->data + t->length, (size_t)length + 1, format, args);
		t->length += (size_t)length;
	}
}

void text_format(text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_vformat(t, format, args);
	va_end(args);
}

void text_indent(text *t, int depth)
{
	while (depth-- > 0)
		text_add(t, "  ");
}

void text_free(text *t)
{
	free(t->data);
	*t = (text){0};
}

const char *text_finish(text *t, hdt_context *context)
{
	const char *copy = t->failed ? NULL : arena_string(&context->arena, t->data ? t->data : "", t->length);
	text_free(t);
	if (!copy)
		hdt_fail(context, HDT_OUT_OF_MEMORY, "out of memory while building a text");
	return copy;
}

/* Edit distance with a row of at most 64 characters; longer names are never near. */
static int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	if (n > 63 || m > 63)
		return 1000;
	int row[64];
	for (size_t j = 0; j <= m; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		int diagonal = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= m; j++) {
			int change = diagonal + (a[i - 1] != b[j - 1]);
			int best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			diagonal = row[j];
			row[j] = change < best ? change : best;
		}
	}
	return row[m];
}

const char *text_nearest(const char *name, const char *const *names)
{
	const char *best = NULL;
	int least = (int)strlen(name) / 3 + 2;
	for (; *names; names++) {
		int d = distance(name, *names);
		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
