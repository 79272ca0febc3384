/* rule.h: rules that change a graph: resolve rules (one operator becomes others) and rewrite rules (a sub-graph becomes another).
 *
 * A rule answers by building the replacement with graph.h in the graph it is given, or declines with a reason, which costs nothing
 * and which --explain prints. The driver checks the replacement (number, dtype, rank, dimensions), rolls a wrong one back and
 * names the rule. Rules are tried by rank (higher first), then by name; never in load order.
 *
 * Patterns are text, read once when plugins are loaded; a rule with a faulty text is left out and named:
 *
 *     batch_norm(conv1d|conv2d(%x, %w: const, %b?: const), %mean: const)      operators around values; one name is one value
 *     relu(matmul(%x, %a: const) + %b)                                        + - * / are operators with that sign
 *     %y = div(%d = sub(%x, %m), sqrt(mean(%d * %d)))                         `=` names a result inside
 *     softmax(add?(matmul(%q, %k), %mask), axis=-1)                           op?: may be missing, then its first input stands for it
 *     reshape(&transpose(%x, axes=a))                                         &: may also be used outside the match
 *     linear(%x, %a: fixed), linear(%x, %b: fixed)                            several results, which share a value
 *     split(%x).1                                                             an output other than the first
 *     erf((%x * 0.5 || %x / 2))                                               one of several
 *
 * Behind the colon: const, number (a constant of one known element), fixed (a constant, or computed from constants alone), variable;
 * and dtypes: %x: f32|f64.
 * Attributes: axis=1, axis=0|-1, eps<0.1, mode!="linear"; axis=a binds a. Numbers are constants all of whose elements are that number.
 * Inputs of commutative operators match either way round. A result inside the match that is used outside of it prevents the match. */
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
	/* The pattern. With `=> result` behind it (of several patterns: as many results) the rule is complete and `apply` is NULL;
	 * attributes that it does not mention must then have their defaults. */
	const char *pattern;
	/* Build the replacement of the pattern's outermost node; matched values by name through hdt_match_value, nodes by hdt_match_node. */
	hdt_status (*apply)(hdt_rewrite *rewrite, const hdt_node *root);
} hdt_rewrite_rule;

/* The graph to build in. */
hdt_graph *hdt_rewrite_graph(hdt_rewrite *rewrite);
/* The value that `%name` matched; NULL when it was left out. */
hdt_value *hdt_match_value(hdt_rewrite *rewrite, const char *name);
/* The node of the n-th operator of the pattern, in reading order (of a + b: first +, then a); 0 is the root. NULL for an optional one
 * that is not there. */
const hdt_node *hdt_match_node(hdt_rewrite *rewrite, int n);
/* Output `index` of what is matched becomes `value`: all outputs of the root, then those of further roots. A root from which the
 * pattern takes one output (`split(%x).1`) counts for that one alone. */
void hdt_replace(hdt_rewrite *rewrite, int index, hdt_value *value);
/* Any other value of the graph becomes `value` at the same time: for rules that look beyond their pattern. */
void hdt_replace_value(hdt_rewrite *rewrite, hdt_value *old, hdt_value *value);
/* "Does not apply", with the reason. Always returns HDT_OK. */
hdt_status hdt_decline(hdt_rewrite *rewrite, const char *format, ...) HDT_PRINTF(2, 3);

/* Is it a constant, or computed from constants alone, so that folding makes a constant of it? */
bool hdt_is_fixed(const hdt_value *value);
/* How many nodes and outputs of the graph use it. */
int hdt_use_count(const hdt_value *value);

HDT_END
#endif
