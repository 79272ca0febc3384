/* rule.h: what a rule is inside this folder: a pattern, and either a text or a function that gives the replacement. */
#ifndef CORE_REWRITE_RULE_H
#define CORE_REWRITE_RULE_H

#include "base/vec.h"
#include "graph/expression.h"
#include "rewrite/rewrite.h"

/* ---- patterns (pattern.c) --------------------------------------------------------------------------------------- */

enum { MAX_PATTERN_OPERATORS = 24, MAX_PATTERN_VALUES = 32, MAX_PATTERN_INPUTS = 16, MAX_PATTERN_ATTRIBUTES = 8 };

typedef enum pattern_kind {
	PATTERN_OPERATOR, /* relu(...); a bare name: with any inputs */
	PATTERN_VALUE,    /* %x  %x: const  %x? */
	PATTERN_NUMBER,   /* 2: a constant all of whose elements are this number */
	PATTERN_NONE      /* none: an optional input left out */
} pattern_kind;

typedef struct pattern_attribute {
	const char *name;
	const char *variable; /* axis=a: binds `a` to the value; NULL: must be `literal` */
	hdt_argument literal;
} pattern_attribute;

typedef struct pattern pattern;
struct pattern {
	pattern_kind kind;
	const char *name; /* of the operator; of the value, NULL for %_ */
	int index;        /* of an operator, in reading order */
	bool is_const, is_optional, any_inputs;
	double number;
	const pattern *inputs[MAX_PATTERN_INPUTS];
	int input_count;
	pattern_attribute attributes[MAX_PATTERN_ATTRIBUTES];
	int attribute_count;
};

typedef struct rule {
	const char *name;
	const pattern *root;
	const char *replacement; /* text behind =>; NULL when `apply` is set */
	hdt_status (*apply)(hdt_rewrite *rewrite, const hdt_node *node);
	bool off; /* was wrong on this graph */
} rule;

/* Parse `source` into rule->root and rule->replacement. False after a fault, recorded in the context. */
bool pattern_parse(hdt_context *context, const char *source, rule *out);

/* ---- matching (match.c) ----------------------------------------------------------------------------------------- */

typedef struct match {
	const hdt_node *nodes[MAX_PATTERN_OPERATORS];
	int node_count;
	const char *names[MAX_PATTERN_VALUES];
	hdt_value *values[MAX_PATTERN_VALUES]; /* NULL: an optional input left out */
	int value_count;
	const char *variables[MAX_PATTERN_ATTRIBUTES];
	const hdt_attribute_value *attributes[MAX_PATTERN_ATTRIBUTES];
	int attribute_count;
} match;

/* Does the rule's pattern match with `root` as its outermost node? When it would but for an inner result that is used
 * outside, *blocked names that value. */
bool match_find(const rule *r, const hdt_graph *graph, const hdt_node *root, match *out, const char **blocked);

/* ---- attempts (attempt.c) --------------------------------------------------------------------------------------- */

struct hdt_rewrite {
	hdt_graph *graph;
	const rule *rule;
	match match;
	const hdt_node *root;
	hdt_value **replacements; /* one for each output of the root; NULL: not given */
	const char *declined;     /* the reason */
};

typedef enum attempt_outcome { ATTEMPT_NO_MATCH, ATTEMPT_DECLINED, ATTEMPT_APPLIED, ATTEMPT_WRONG } attempt_outcome;

/* Try the rule at this node. The graph is changed (and swept) only when it was applied; *reason tells why it was
 * declined or wrong. The context carries a fault afterwards only when memory is out. */
attempt_outcome attempt_rule(hdt_graph *graph, const rule *r, const hdt_node *node, const char **reason);

/* ---- the driver (driver.c) -------------------------------------------------------------------------------------- */

/* Rules of one run, best first; a faulty pattern is reported and its rule left out. */
typedef struct rule_list {
	VEC(rule) rules;
} rule_list;

/* Add a rule; `source` is its pattern or text. */
hdt_status rules_add(hdt_context *context, rule_list *list, const char *name, const char *source,
                     hdt_status (*apply)(hdt_rewrite *, const hdt_node *), const rewrite_options *options);
/* Apply the rules until nothing changes. */
hdt_status rules_run(hdt_graph *graph, rule_list *list, const rewrite_options *options, int *applied);

#endif
