/* rule.h: rules that change a graph: resolve rules (one operator becomes others) and rewrite rules (a sub-graph becomes another).
 *
 * A rule answers by building the replacement with graph.h in the graph it is given, or declines with a reason, which costs nothing
 * and which --explain prints. The driver checks the replacement (number, dtype, rank, dimensions), rolls a wrong one back and
 * names the rule. Rules are tried by rank (higher first), then by name; never in load order. */
#ifndef HIDET_RULE_H
#define HIDET_RULE_H

#include <hidet/graph.h>

HDT_BEGIN

typedef struct hdt_rewrite hdt_rewrite; /* one attempt of one rule */

typedef struct hdt_resolve_rule {
	size_t size;
	const char *name; /* "attention-to-matmul" */
	const char *doc;
	const char *op; /* operator it applies to */
	int rank;
	/* Text form of a simple rule: "silu(%x) => mul(%x, sigmoid(%x))"; then `apply` is NULL. */
	const char *text;
	/* Build the replacement of `node` and hand each output over with hdt_replace, or return hdt_decline(...). */
	hdt_status (*apply)(hdt_rewrite *rewrite, const hdt_node *node);
} hdt_resolve_rule;

typedef struct hdt_rewrite_rule {
	size_t size;
	const char *name;
	const char *doc;
	int rank;
	/* The pattern, as text: "batch_norm(conv2d(%x, %w: const), %m: const, %v: const)". The same name twice must match the
	 * same value; `%_` matches anything; commutative operators match either way round; an inner result used outside the match
	 * prevents it. With `=> replacement` behind it the rule is complete and `apply` is NULL. */
	const char *pattern;
	/* Build the replacement of the pattern's root; matched values by name through hdt_match_value, nodes by hdt_match_node. */
	hdt_status (*apply)(hdt_rewrite *rewrite, const hdt_node *root);
} hdt_rewrite_rule;

/* The graph to build in. */
hdt_graph *hdt_rewrite_graph(hdt_rewrite *rewrite);
/* The value that `%name` matched. */
hdt_value *hdt_match_value(hdt_rewrite *rewrite, const char *name);
/* The node of the n-th operator of the pattern, in reading order; 0 is the root. */
const hdt_node *hdt_match_node(hdt_rewrite *rewrite, int n);
/* Output `index` of the root becomes `value`. */
void hdt_replace(hdt_rewrite *rewrite, int index, hdt_value *value);
/* "Does not apply", with the reason. Always returns HDT_OK. */
hdt_status hdt_decline(hdt_rewrite *rewrite, const char *format, ...) HDT_PRINTF(2, 3);

HDT_END
#endif
