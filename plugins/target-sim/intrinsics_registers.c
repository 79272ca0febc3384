/* intrinsics_registers.c: setmaxnreg: here every thread has as many registers as it likes. */
#include "intrinsics.h"

#include <inttypes.h>

enum { FEWEST = 24, MOST = 256, UNIT = 8 };

static sim_status setmaxnreg(sim_warp *w, const sim_call *call)
{
	int64_t n = call->operands[0].value->i[0];
	if (n < FEWEST || n > MOST || n % UNIT != 0)
		return sim_fault(w, 0, "%s takes %d..%d, a multiple of %d, not %" PRId64, call->name, FEWEST, MOST, UNIT, n);
	return SIM_DONE;
}

const sim_intrinsic sim_registers_intrinsics[] = {
	{"setmaxnreg_inc", setmaxnreg},
	{"setmaxnreg_dec", setmaxnreg},
	{NULL, NULL},
};
