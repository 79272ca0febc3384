/* graph_fuzz: random graphs of all registered operators, compiled as they are and with all optimisations, against the evaluator.
 *
 *     graph_fuzz --plugins DIR [--seed N] [--count N] [--target T] [--from FILE,FILE...] [--shrink DIR] [--jobs N] [--orders N] [--print]
 *     graph_fuzz --plugins DIR FILE...
 *
 * Graph number i is that of seed N + i alone, so that one of many is found again by --seed and --count 1. Failures are shrunk into
 * --shrink DIR, one .hds file each. Files (goldens: what once failed) are checked in the place of random graphs. With --from, some of the
 * random graphs begin from one of the comma-separated files. With --orders there are schedulers that want
 * tensors in orders that follow from N. --print shows the graphs and runs nothing. Exit: 0 all passed, 1 one failed, 2 wrong usage. */
#include "check.h"
#include "generate.h"
#include "orders.h"
#include "shrink.h"
#include "tests/load_plugins.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BATCH = 48 };

typedef struct arguments {
	const char *plugins, *target, *shrink;
	uint64_t seed, orders;
	int count, jobs;
	bool print, with_orders;
	const char *from[256]; /* of --from */
	int from_count;
	char **files;
	int file_count;
} arguments;

typedef struct totals {
	int passed, failed, unusable, nodes;
} totals;

static void split_files(arguments *a, char *list)
{
	for (char *file = strtok(list, ","); file && a->from_count < 256; file = strtok(NULL, ","))
		a->from[a->from_count++] = file;
}

static bool read_arguments(int argc, char **argv, arguments *out)
{
	*out = (arguments){.target = "cpu", .seed = 1, .count = 300};
	int at = 1;
	for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
		const char *word = argv[at] + 2, *value = at + 1 < argc ? argv[at + 1] : NULL;
		if (strcmp(word, "print") == 0) {
			out->print = true;
			continue;
		}
		if (!value)
			return false;
		at++;
		if (strcmp(word, "plugins") == 0)
			out->plugins = value;
		else if (strcmp(word, "target") == 0)
			out->target = value;
		else if (strcmp(word, "shrink") == 0)
			out->shrink = value;
		else if (strcmp(word, "seed") == 0)
			out->seed = strtoull(value, NULL, 10);
		else if (strcmp(word, "count") == 0)
			out->count = atoi(value);
		else if (strcmp(word, "from") == 0)
			split_files(out, argv[at]);
		else if (strcmp(word, "jobs") == 0)
			out->jobs = atoi(value);
		else if (strcmp(word, "orders") == 0)
			out->orders = strtoull(value, NULL, 10), out->with_orders = true;
		else
			return false;
	}
	out->files = argv + at;
	out->file_count = argc - at;
	return out->plugins != NULL;
}

/* ---- reporting ------------------------------------------------------------------------------------------------------ */

static void save(const arguments *a, const fuzz_case *c, const verdict *v)
{
	char path[512];
	text t = {0};
	snprintf(path, sizeof path, "%s/seed-%" PRIu64 "-%s.hds", a->shrink, c->seed, a->target);
	case_print(&t, c, v->message);
	(void)mkdir(a->shrink, 0777);
	FILE *file = fopen(path, "w");
	if (!file || fputs(t.data ? t.data : "", file) < 0)
		fprintf(stderr, "%s cannot be written\n", path);
	if (file)
		fclose(file);
	text_free(&t);
}

static void report_failure(const checker *k, const arguments *a, fuzz_case *c, verdict *v)
{
	text t = {0};
	printf("FAILED seed %" PRIu64 ", %s: %s\n", c->seed, v->optimised ? "optimised" : "as it is", v->message);
	fflush(stdout);
	if (a->shrink && !a->file_count) {
		case_shrink(k, c, v);
		save(a, c, v);
	}
	case_print(&t, c, v->message);
	printf("%s\n", t.data ? t.data : "");
	fflush(stdout);
	text_free(&t);
}

/* ---- running -------------------------------------------------------------------------------------------------------- */

static bool run_batch(const checker *k, const arguments *a, fuzz_case *cases, int count, totals *all)
{
	const fuzz_case *pointers[BATCH];
	verdict verdicts[BATCH];
	for (int i = 0; i < count; i++)
		pointers[i] = &cases[i];
	if (!check_cases(k, pointers, count, verdicts)) {
		fprintf(stderr, "no process can be made\n");
		return false;
	}
	for (int i = 0; i < count; i++) {
		bool failed = verdict_failed(&verdicts[i]);
		bool unusable = verdicts[i].outcome == OUTCOME_UNUSABLE;
		if (unusable && a->file_count)
			printf("unusable: %s\n", verdicts[i].message);
		if (failed)
			report_failure(k, a, &cases[i], &verdicts[i]);
		all->failed += failed;
		all->unusable += unusable;
		all->passed += !failed && !unusable;
	}
	return true;
}

/* The next case; false when it cannot be made. */
static bool next_case(const checker *k, const arguments *a, int index, fuzz_case *out)
{
	if (!a->file_count)
		return case_generate(k->registry, &(bases){a->from, a->from_count}, a->seed + (uint64_t)index, out);
	if (case_read(a->files[index], out))
		return true;
	fprintf(stderr, "%s cannot be read\n", a->files[index]);
	return false;
}

static void print_case(const fuzz_case *c)
{
	text t = {0};
	case_print(&t, c, NULL);
	printf("%s\n", t.data ? t.data : "");
	text_free(&t);
}

static int run_all(const checker *k, const arguments *a)
{
	totals all = {0};
	int count = a->file_count ? a->file_count : a->count;
	for (int at = 0; at < count;) {
		fuzz_case cases[BATCH];
		int n = 0, made = 0;
		for (; n < BATCH && at < count; at++)
			if (next_case(k, a, at, &cases[n]))
				n++;
			else
				all.unusable++;
		made = n;
		if (a->print)
			for (int i = 0; i < n; i++)
				print_case(&cases[i]);
		else if (!run_batch(k, a, cases, n, &all))
			return 2;
		for (int i = 0; i < made; i++)
			case_free(&cases[i]);
		if (!a->print)
			fprintf(stderr, "%d of %d: %d passed, %d failed, %d not usable\n", at, count, all.passed, all.failed,
			        all.unusable);
	}
	/* a generator that makes nothing tests nothing */
	return all.failed || (!a->print && all.passed * 10 < count * 9) ? 1 : 0;
}

int main(int argc, char **argv)
{
	arguments a;
	hdt_registry *registry = registry_new();
	loader *plugins = NULL;
	if (!read_arguments(argc, argv, &a)) {
		fprintf(stderr, "usage: graph_fuzz --plugins DIR [--seed N] [--count N] [--target T] [--from FILE,...] "
		                "[--shrink DIR] [--jobs N] [--orders N] [--print] [FILE...]\n");
		return 2;
	}
	int code = 2;
	if ((!a.with_orders || orders_register(registry, a.orders)) && load_plugins_into(registry, a.plugins, &plugins)) {
		const checker k = {registry, a.target, a.jobs};
		code = run_all(&k, &a);
	}
	registry_free(registry);
	loader_close(plugins);
	return code;
}
