/* signature.c: the names of an operator's inputs, as its descriptor tells them: "x, weight, bias?" or "xs...".
 *
 * A name with ? may be left out; a name with ... stands for one or more and comes last. */
#include "task/task.h"
#include <string.h>

typedef struct input_name {
	const char *start;
	int length;
	bool optional, repeats;
} input_name;

/* Read the next name at *at; false at the end. */
static bool next(const char **at, input_name *out)
{
	const char *p = *at + strspn(*at, " ,");
	if (!*p)
		return false;
	size_t length = strcspn(p, " ,?.");
	const char *marks = p + length;
	*out = (input_name){p, (int)length, *marks == '?', *marks == '.'};
	*at = marks + strcspn(marks, ",");
	return true;
}

void operator_arity(const hdt_operator *op, int *required, int *most)
{
	*required = *most = 0;
	const char *at = op->inputs;
	for (input_name n; next(&at, &n);) {
		*required += !n.optional;
		*most += *most >= 0;
		if (n.repeats)
			*most = -1;
	}
}

const char *operator_input_name(hdt_context *context, const hdt_operator *op, int index)
{
	const char *at = op->inputs;
	int position = 0;
	for (input_name n; next(&at, &n); position++) {
		if (n.repeats && index >= position)
			return hdt_format(context, "%.*s%d", n.length, n.start, index - position);
		if (index == position)
			return hdt_format(context, "%.*s", n.length, n.start);
	}
	return hdt_format(context, "input%d", index);
}
