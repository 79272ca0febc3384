/* rule.h: what a rule is inside this folder: patterns, and either texts or a function that give the replacement. */
#ifndef CORE_REWRITE_RULE_H
#define CORE_REWRITE_RULE_H

#include "base/vec.h"
#include "graph/expression.h"
#include "rewrite/rewrite.h"

enum {
	MAX_RULE_ROOTS = 8,
	MAX_RULE_OPERATORS = 64,
	MAX_RULE_NAMES = 32,
	MAX_RULE_VARIABLES = 16,
	MAX_TERM_INPUTS = 16,
	MAX_TERM_CONDITIONS = 8,
	MAX_ALTERNATIVES = 24
};

/* ---- terms: patterns and replacements (parse.c) ----------------------------------------------------------------- */

typedef enum term_kind {
	TERM_OPERATOR, /* relu(...); a bare name: with any inputs */
	TERM_VALUE,    /* %x */
	TERM_NUMBER,   /* 2: a constant all of whose elements are this number */
	TERM_EITHER,   /* (a || b): the first of the inputs that matches */
	TERM_NONE      /* none: an optional input left out */
} term_kind;

/* What a value must be: one row for each word behind the colon. */
typedef enum value_sort {
	SORT_ANY,
	SORT_CONST,    /* a constant */
	SORT_NUMBER,   /* a constant of one element whose bytes are known */
	SORT_FIXED,    /* a constant, or computed from constants alone */
	SORT_VARIABLE, /* neither */
	SORT_COUNT
} value_sort;

typedef enum comparison { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE } comparison;

/* An attribute: axis=1   axis=0|-1   eps<0.1   axis=a */
typedef struct condition {
	const char *name;
	comparison compare;
	int variable; /* the attribute is, or (in a replacement) takes, the value of rule->variables[variable]; -1: literals */
	hdt_argument literals[MAX_ALTERNATIVES];
	int literal_count;
} condition;

typedef struct term term;
struct term {
	term_kind kind;
	int name; /* of the value, in rule->names; -1: none */
	value_sort sort;
	uint64_t dtypes;    /* one bit for each dtype that the value may have; 0: any */
	bool is_optional;   /* %x?: may be left out   op?(x, ...): x stands for it where the operator is not there */
	bool may_be_shared; /* &op(...): may also be used outside the match */
	bool any_inputs;
	int index;  /* of an operator in the pattern, in reading order */
	int output; /* op(...).1; -1: not said */
	const hdt_operator *ops[MAX_ALTERNATIVES];
	int op_count;
	hdt_argument number;
	const term *inputs[MAX_TERM_INPUTS];
	int input_count;
	condition *conditions; /* few terms have any: NULL, or MAX_TERM_CONDITIONS */
	int condition_count;
};

typedef struct rule {
	const char *name;
	hdt_status (*apply)(hdt_rewrite *rewrite, const hdt_node *node); /* NULL: `results` is the replacement */
	const char *names[MAX_RULE_NAMES];                               /* %x, of the pattern first, then of the results */
	int name_count, pattern_names;
	const char *variables[MAX_RULE_VARIABLES];
	int variable_count;
	const term *roots[MAX_RULE_ROOTS];
	int root_count;
	const term *results[MAX_RULE_ROOTS]; /* result i takes the place of root i */
	int result_count;
	const term *operators[MAX_RULE_OPERATORS]; /* of the pattern, in reading order */
	int operator_count;
} rule;

/* Read `source` into `out`, whose name and function are set. `context` keeps the terms and knows the operators. False
 * after a fault, recorded in the context. */
bool rule_parse(hdt_context *context, const char *source, rule *out);

/* ---- all rules of a registry (rules.c) -------------------------------------------------------------------------- */

typedef struct rule_list {
	registry_kind kind;
	VEC(rule) rules;
} rule_list;

typedef struct rule_set {
	hdt_context *context; /* of the terms */
	rule_list rewrite, resolve;
	VEC(refused_rule) refused;
} rule_set;

/* Parsed once and kept with the registry. NULL when memory is out. */
const rule_set *rule_set_of(const hdt_registry *registry);

/* ---- matching (match.c) ----------------------------------------------------------------------------------------- */

typedef struct match {
	const hdt_node *nodes[MAX_RULE_OPERATORS]; /* NULL: an optional one that is not there */
	hdt_value *values[MAX_RULE_NAMES];         /* NULL: left out, or not met */
	bool bound[MAX_RULE_NAMES];
	const hdt_attribute_value *attributes[MAX_RULE_VARIABLES];
} match;

/* Does the rule's pattern match with `root` as its first root? When it would but for something that *blocked tells,
 * that is set. */
bool match_find(const rule *r, const hdt_graph *graph, const hdt_node *root, match *out, const char **blocked);
bool match_names_operator(const term *pattern, const hdt_operator *op);
/* Do the node's attributes meet the conditions of the term? Variables are bound in `m`. (conditions.c) */
bool conditions_match(const rule *r, match *m, const term *t, const hdt_node *node);
/* Are the results of this node the same with its inputs exchanged? (commute.c) */
bool node_commutes(const hdt_node *node);

/* ---- attempts (attempt.c) --------------------------------------------------------------------------------------- */

typedef struct replaced {
	hdt_value *old, *new; /* new NULL: not given */
} replaced;

struct hdt_rewrite {
	hdt_graph *graph;
	const rule *rule;
	match match;
	VEC(replaced) outputs; /* of the roots in their order, then others that the function has named */
	int root_outputs;
	const char *declined; /* the reason */
};

typedef enum attempt_outcome { ATTEMPT_NO_MATCH, ATTEMPT_DECLINED, ATTEMPT_APPLIED, ATTEMPT_WRONG } attempt_outcome;

/* Try the rule at this node. The graph is changed (and swept) only when it was applied; *reason tells why it was
 * declined or wrong. The context carries a fault afterwards only when memory is out. */
attempt_outcome attempt_rule(hdt_graph *graph, const rule *r, const hdt_node *node, const char **reason);

/* Build rule->results and hand them over (results.c). Faults are in the context. */
void results_build(hdt_rewrite *rewrite);

/* ---- the driver (driver.c) -------------------------------------------------------------------------------------- */

/* Who wants the node to stay what it is, by name; NULL: nobody. */
typedef const char *node_keeper(const rewrite_options *options, const hdt_node *node);

/* Apply the rules, best first, until nothing changes, to nodes that nobody keeps; `keeper` NULL: to all. */
hdt_status rules_run(hdt_graph *graph, const rule_list *list, node_keeper *keeper, const rewrite_options *options,
                     int *applied);

#endif
