/* rows.h: how the tensors of a composition can be computed: row by row, or as one reduction that reads its operands again and again. */
#ifndef CORE_TASK_ROWS_H
#define CORE_TASK_ROWS_H

#include "task/compose.h"

typedef struct row_facts {
	int stages;   /* tensors that are left */
	int rows;     /* leading dimensions in which every tensor reads those before it in its own row, and operands of
	                      * reductions that no other row reads as often; 0: there are none */
	double count; /* of rows, with estimated sizes */
	double work;  /* elements, and steps of reductions */
} row_facts;
row_facts compose_rows(const composition *c);

/* Does a reduction read an operand several times over, as products of matrices and convolutions do? */
bool compose_is_heavy(const composition *c);

#endif
