/* missing.c: the list of operators that nothing provides, counted, so that all of them can be told at once. */
#include "base/context.h"
#include <hidet/frontend.h>

void hdt_report_missing(hdt_context *context, const char *name, const char *where)
{
	if (!context || !name)
		return;
	const char *interned = hdt_intern(context, name);
	missing_name **end = &context->missing;
	for (; *end; end = &(*end)->next)
		if ((*end)->name == interned) {
			(*end)->count++;
			return;
		}
	missing_name *missing = interned ? hdt_allocate(context, sizeof *missing) : NULL;
	if (!missing)
		return;
	*missing = (missing_name){.name = interned, .where = where ? hdt_intern(context, where) : NULL, .count = 1};
	*end = missing;
}
