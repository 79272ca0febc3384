/* intrinsics_matrix.c: ldmatrix and stmatrix: 8 x 8 matrices of 16 bits, one to four of them, between rows in shared
 * memory and registers. */
#include "intrinsics.h"

#include <string.h>

enum { SIDE = 8, ROW_BYTES = 16, MOST_MATRICES = 4 };

/* All matrices of a call: [matrix][row][column]. */
typedef uint16_t matrices[MOST_MATRICES][SIDE][SIDE];

/* "ldmatrix_x4_trans": 4, true. */
static int matrix_count(const char *name, bool *transposed)
{
	const char *x = strchr(name, 'x') + 1; /* of "matrix"; the next one is behind the underscore */
	*transposed = strstr(name, "_trans") != NULL;
	return strchr(x, 'x')[1] - '0';
}

/* Which element of its matrix is half e of the lane's register. */
static uint16_t *element_of(matrices all, int matrix, int lane, int e, bool transposed)
{
	int g = lane / 4, t = 2 * (lane % 4) + e;
	return transposed ? &all[matrix][t][g] : &all[matrix][g][t];
}

static sim_status ldmatrix(sim_warp *w, const sim_call *call)
{
	bool transposed;
	matrices all;
	int count = matrix_count(call->name, &transposed);
	for (int i = 0; i < count * SIDE; i++) /* lane i tells where row i % 8 of matrix i / 8 is */
		if (!sim_read(w, i, &call->operands[1], 0, all[i / SIDE][i % SIDE], ROW_BYTES, ROW_BYTES))
			return SIM_FAULT;
	SIM_FOR_LANES (l, w->active) {
		uint16_t registers[MOST_MATRICES][2];
		for (int m = 0; m < count; m++)
			for (int e = 0; e < 2; e++)
				registers[m][e] = *element_of(all, m, l, e, transposed);
		if (!sim_write(w, l, &call->operands[0], 0, registers, count * (int)sizeof *registers, 4))
			return SIM_FAULT;
	}
	return SIM_DONE;
}

static sim_status stmatrix(sim_warp *w, const sim_call *call)
{
	bool transposed;
	matrices all;
	int count = matrix_count(call->name, &transposed);
	SIM_FOR_LANES (l, w->active) {
		uint16_t registers[MOST_MATRICES][2];
		if (!sim_read(w, l, &call->operands[1], 0, registers, count * (int)sizeof *registers, 4))
			return SIM_FAULT;
		for (int m = 0; m < count; m++)
			for (int e = 0; e < 2; e++)
				*element_of(all, m, l, e, transposed) = registers[m][e];
	}
	for (int i = 0; i < count * SIDE; i++)
		if (!sim_write(w, i, &call->operands[0], 0, all[i / SIDE][i % SIDE], ROW_BYTES, ROW_BYTES))
			return SIM_FAULT;
	return SIM_DONE;
}

const sim_intrinsic sim_matrix_intrinsics[] = {
	{"ldmatrix_x1", ldmatrix},
	{"ldmatrix_x2", ldmatrix},
	{"ldmatrix_x4", ldmatrix},
	{"ldmatrix_x1_trans", ldmatrix},
	{"ldmatrix_x2_trans", ldmatrix},
	{"ldmatrix_x4_trans", ldmatrix},
	{"stmatrix_x1", stmatrix},
	{"stmatrix_x2", stmatrix},
	{"stmatrix_x4", stmatrix},
	{"stmatrix_x1_trans", stmatrix},
	{"stmatrix_x2_trans", stmatrix},
	{"stmatrix_x4_trans", stmatrix},
	{NULL, NULL},
};
