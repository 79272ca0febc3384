/* rows.h: how the tensors of a composition can be computed: row by row, or as one reduction that reads its operands again and again. */
#ifndef CORE_TASK_ROWS_H
#define CORE_TASK_ROWS_H

#include "task/compose.h"

typedef struct row_facts {
	int stages;          /* tensors that are left */
	int rows;            /* leading dimensions in which every tensor reads those before it in its own row; 0: there are none */
	double count;        /* of rows, with estimated sizes */
	double work;         /* elements, and steps of reductions */
	double shared_bytes; /* that each row reads of what other rows read as well, within reductions */
} row_facts;
row_facts compose_rows(const composition *c);

/* Does a reduction read an operand several times over, as products of matrices and convolutions do? */
bool compose_is_heavy(const composition *c);

#endif
