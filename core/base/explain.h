/* explain.h: lines that tell people of choices. Of lines of a kind the first one is told, with the number of the others:
 *
 *     fold-bias: declined %3 = product: the weight is no constant (and 11 more)
 */
#ifndef CORE_BASE_EXPLAIN_H
#define CORE_BASE_EXPLAIN_H

#include "base/context.h"
#include "base/map.h"
#include "base/text.h"
#include "base/vec.h"

typedef struct explained {
	const char *line;
	int more; /* of its kind */
} explained;

typedef struct explanation {
	hdt_context *context; /* whose memory holds the lines */
	bool every;           /* each line is told, whatever its kind is */
	VEC(explained) lines;
	map told;  /* interned line -> itself: none is told twice */
	map kinds; /* interned kind -> its index in `lines`, plus 1 */
} explanation;

void explain_begin(explanation *e, hdt_context *context, bool every);
/* `kind`: what the line has in common with others; NULL: it stands for itself. Out of memory is a fault of the context. */
void explain_line(explanation *e, const char *kind, const char *format, ...) HDT_PRINTF(3, 4);
/* All of them, one a line, in the order in which they came. */
void explain_print(const explanation *e, text *out);

/* Does the line hold the word? A word that begins with % stands for the whole name of a value. */
bool explain_matches(const char *line, const char *word);

#endif
