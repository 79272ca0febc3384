/* identity: operators that here give their input unchanged: a cast to the same dtype, an expand to the same shape, a
 * whole slice, ...
 *
 *     %0 = expand(%x, shape=[3, 4])     with %x: f32[3, 4]    =>    %x
 *
 * The computation tells: it is an identity when each element of the output is the element of the input at the same
 * place. */
#include "rewrite_rule.h"
#include "shapes.h"

/* Is the first output's element the first input's, at the output's own axes? */
static bool copies_input(const hdt_task *task)
{
	const hdt_tensor *y = task->outputs[0];
	if (task->aliases && task->aliases[0] == 0)
		return true;
	if (!y->value || y->value->op != HDT_OP_LOAD || y->value->tensor != task->inputs[0])
		return false;
	for (int d = 0; d < y->rank; d++)
		if (y->value->args[d] != y->axes[d])
			return false;
	return true;
}

static hdt_status drop(hdt_rewrite *r, const hdt_node *node)
{
	if (node->output_count != 1 || !same_type(node->inputs[0], node->outputs[0]) || !copies_input(node->task))
		return hdt_decline(r, "it changes its input");
	hdt_replace(r, 0, node->inputs[0]);
	return HDT_OK;
}

FUNCTION_RULE(
	drop_identity, "drop-identity", 60, "an operator that changes nothing is removed",
	"cast|expand|reshape|transpose|slice|pad|concat|tile|flatten|squeeze|unsqueeze|repeat_interleave|roll|flip", drop);
