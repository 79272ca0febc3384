/* random.c: random nests of loops, branches, lets and stores do the same after the passes that simplify them. */
#include "fixture.h"

TestSuite(random, .init = fixture_init, .fini = fixture_fini);

enum { ROUNDS = 300, MOST_NAMES = 24 };

typedef struct writer {
	text out;
	int names, made; /* in scope: v0, v1, ...; ever made */
	int in_scope[MOST_NAMES];
} writer;

static uint32_t state;

static int pick(int below)
{
	state = state * 1664525u + 1013904223u;
	return (int)((state >> 8) % (uint32_t)below);
}

static void write_atom(writer *w)
{
	static const char *const leaves[] = {"threadIdx.x", "blockIdx.x", "i64(m)", "n", "3"};
	if (w->names && pick(3))
		text_format(&w->out, "v%d", w->in_scope[pick(w->names)]);
	else
		text_add(&w->out, leaves[pick(5)]);
}

static void write_value(writer *w, int depth)
{
	static const char *const ops[] = {" + ", " + ", " - ", " * ", " // ", " % ", " // ", " % "};
	if (depth == 0 || !pick(4)) {
		write_atom(w);
		return;
	}
	text_add(&w->out, "(");
	write_value(w, depth - 1);
	text_add(&w->out, ops[pick(8)]);
	if (pick(2))
		text_format(&w->out, "%d", 1 + pick(9));
	else
		write_value(w, depth - 1);
	text_add(&w->out, ")");
}

static void write_condition(writer *w)
{
	static const char *const compare[] = {" < ", " < ", " <= ", " == ", " != "};
	for (int parts = 1 + pick(2); parts > 0; parts--) {
		text_add(&w->out, pick(5) ? "" : "!(");
		bool negated = w->out.data[w->out.length - 1] == '(' && w->out.data[w->out.length - 2] == '!';
		write_value(w, 1);
		text_add(&w->out, compare[pick(5)]);
		write_value(w, 1);
		text_add(&w->out, negated ? ")" : "");
		text_add(&w->out, parts > 1 ? pick(2) ? " && " : " || " : "");
	}
}

static void write_body(writer *w, int depth);

static void write_stmt(writer *w, int depth)
{
	int names = w->names, kind = depth ? pick(6) : 4 + pick(2);
	bool named = kind < 2 || kind == 4;
	if (named && w->names == MOST_NAMES)
		return;
	if (kind < 2) {
		text_format(&w->out, "for v%d in 0..", w->made);
		pick(3) ? text_format(&w->out, "%d", pick(6)) : text_add(&w->out, "min(abs(");
		if (w->out.data[w->out.length - 1] == '(') {
			write_value(w, 1);
			text_add(&w->out, "), 5)");
		}
		w->in_scope[w->names++] = w->made++;
		write_body(w, depth - 1);
	} else if (kind < 4) {
		text_add(&w->out, "if ");
		write_condition(w);
		write_body(w, depth - 1);
		if (pick(2)) {
			text_add(&w->out, "else ");
			write_body(w, depth - 1);
		}
	} else if (kind == 4) {
		text_format(&w->out, "let v%d = ", w->made);
		write_value(w, 2);
		text_add(&w->out, ";\n");
		w->in_scope[w->names++] = w->made++;
		return;
	} else {
		text_format(&w->out, "y[abs(");
		write_value(w, 2);
		text_format(&w->out, ") %% 32] = y[%d] * %d + ", pick(32), pick(3));
		write_value(w, 2);
		text_add(&w->out, ";\n");
	}
	w->names = names;
}

static void write_body(writer *w, int depth)
{
	int names = w->names;
	text_add(&w->out, " {\n");
	for (int i = 1 + pick(4); i > 0; i--)
		write_stmt(w, depth);
	text_add(&w->out, "}\n");
	w->names = names;
}

static const char *random_program(uint32_t seed)
{
	writer w = {.names = 0};
	state = seed * 2654435761u;
	text_add(&w.out, "program @k(y: i64[32], m: i32) where n in 1..6 {\nfn @k(y, m) cuda grid(ceildiv(n, 2)) block(4)");
	write_body(&w, 4);
	text_add(&w.out, "}\n");
	return text_finish(&w.out, c);
}

static void check(uint32_t seed)
{
	static const char *const passes[] = {"lets", "simplify", "drop", "divide"};
	meaning before, after;
	const char *source = random_program(seed);
	hdt_program *program = program_of(source);
	if (meaning_take(program, &before) != HDT_OK) { /* too many turns */
		context_clear_fault(c);
		return;
	}
	for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
		cr_assert_eq(run_pass(program, passes[i]), HDT_OK, "%s\n%s: %s", source, passes[i], c->message);
		cr_assert_eq(program_verify(program), HDT_OK, "%s\n%s: %s", source, passes[i], c->message);
		cr_assert_eq(meaning_take(program, &after), HDT_OK, "%s\n-> %s\n%s: %s", source, text_of(program), passes[i],
		             c->message);
		cr_assert(meaning_same(&before, &after), "%s\nafter %s:\n%s", source, passes[i], text_of(program));
	}
}

Test(random, nests_mean_the_same_after_each_pass, .timeout = 240)
{
	for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
		fixture_fini();
		fixture_init();
		check(seed);
	}
}
