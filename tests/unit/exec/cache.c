/* Tests of the cache of compiled objects. */
#include "exec/cache.h"

#include "fake_target.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static hdt_context *context;
static char folder[64], inner[96];

static void begin(void)
{
	context = context_new(NULL);
	strcpy(folder, "/tmp/hidet-cache-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(inner, sizeof inner, "%s/a/b", folder);
	fake_compilations = 0;
	fake_load_status = HDT_OK;
}

static void end(void)
{
	context_free(context);
	char command[192];
	snprintf(command, sizeof command, "chmod -R u+w '%s'; rm -r '%s'", folder, folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(cache, .init = begin, .fini = end);

/* One use of the cache; the object must be made of `text`. */
static bool get(const char *text)
{
	const char *units[] = {text, " more"};
	hdt_source source = {units, 2, 1};
	hdt_object *object;
	bool hit;
	cache *c = cache_open(context, inner);
	cr_assert_eq(cache_get(c, context, &fake_target, NULL, &source, &object, &hit), HDT_OK, "%s", context->message);
	char want[256];
	snprintf(want, sizeof want, "%s more", text);
	cr_assert_str_eq(fake_object_text(object), want);
	fake_target.unload(NULL, object);
	cache_close(c);
	return hit;
}

/* The path of the only entry. */
static const char *only_entry(void)
{
	static char path[512];
	int count = 0;
	DIR *d = opendir(inner);
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/%s", inner, e->d_name);
			count++;
		}
	closedir(d);
	cr_assert_eq(count, 1);
	return path;
}

Test(cache, the_second_use_is_a_hit)
{
	cr_assert_not(get("one"));
	cr_assert(get("one"));
	cr_assert_not(get("two"));
	cr_assert_eq(fake_compilations, 2);
	int64_t bytes;
	int files;
	cache *c = cache_open(context, inner);
	cache_usage(c, &bytes, &files);
	cr_assert_eq(files, 2);
	cr_assert_gt(bytes, 0);
	cache_close(c);
}

Test(cache, units_cut_elsewhere_are_another_key)
{
	cr_assert_not(get("one"));
	const char *units[] = {"one mo", "re"};
	hdt_source source = {units, 2, 1};
	hdt_object *object;
	bool hit = true;
	cache *c = cache_open(context, inner);
	cr_assert_eq(cache_get(c, context, &fake_target, NULL, &source, &object, &hit), HDT_OK);
	cr_assert_not(hit);
	fake_target.unload(NULL, object);
	cache_close(c);
}

Test(cache, a_changed_byte_is_noticed_and_the_entry_made_anew)
{
	get("one");
	FILE *f = fopen(only_entry(), "r+");
	fputc('X', f);
	fclose(f);
	cr_assert_not(get("one"));
	cr_assert(get("one"));
}

Test(cache, a_truncated_entry_is_made_anew_at_every_length)
{
	get("one");
	struct stat st;
	stat(only_entry(), &st);
	for (long length = 0; length < st.st_size; length++) {
		cr_assert_eq(truncate(only_entry(), length), 0);
		cr_assert_not(get("one"), "length %ld", length);
	}
	cr_assert(get("one"));
}

Test(cache, an_entry_that_does_not_load_is_made_apart)
{
	const char *unit = "one";
	hdt_source source = {&unit, 1, 1};
	hdt_object *object;
	cache *c = cache_open(context, inner);
	fake_load_status = HDT_BAD_TARGET;
	cr_assert_eq(cache_get(c, context, &fake_target, NULL, &source, &object, NULL), HDT_BAD_TARGET);
	cr_assert_null(object);
	context_clear_fault(context);
	cache_close(c);
}

Test(cache, a_folder_that_cannot_be_made_costs_only_the_cache)
{
	FILE *f = fopen(hdt_format(context, "%s/a", folder), "w"); /* where a folder should be */
	fclose(f);
	cr_assert_not(get("one"));
	cr_assert_not(get("one"));
	cr_assert_eq(context->status, HDT_OK);
}

Test(cache, a_read_only_folder_still_gives_hits_and_builds_the_rest_elsewhere)
{
	/* Permissions do not bind root: become somebody else for a while. */
	bool root = geteuid() == 0;
	const uid_t nobody = 65534;
	if (root)
		cr_assert(chown(folder, nobody, (gid_t)-1) == 0 && seteuid(nobody) == 0);
	get("one");
	chmod(inner, 0555);
	cr_assert(get("one"));
	cr_assert_not(get("two"));
	cr_assert_eq(context->status, HDT_OK);
	if (root)
		cr_assert_eq(seteuid(0), 0);
}

Test(cache, no_cache_leaves_nothing_behind)
{
	const char *unit = "one";
	hdt_source source = {&unit, 1, 1};
	hdt_object *object;
	setenv("TMPDIR", folder, 1);
	cache *c = cache_open(context, "");
	cr_assert_eq(cache_get(c, context, &fake_target, NULL, &source, &object, NULL), HDT_OK);
	fake_target.unload(NULL, object);
	cache_close(c);
	cr_assert_eq(rmdir(folder), 0, "the folder is empty");
	mkdir(folder, 0700);
}

Test(cache, the_longest_unused_goes_when_the_limit_is_reached)
{
	get("one");
	struct stat st;
	stat(only_entry(), &st);
	char limit[32];
	snprintf(limit, sizeof limit, "%lld", (long long)st.st_size * 5 / 2);
	setenv("HIDET_CACHE_LIMIT", limit, 1);
	usleep(20000);
	get("two");
	usleep(20000);
	cr_assert(get("one")); /* used again: "two" is now the oldest */
	usleep(20000);
	get("six");
	cr_assert(get("one"));
	cr_assert(get("six"));
	cr_assert_not(get("two"));
	unsetenv("HIDET_CACHE_LIMIT");
}

Test(cache, many_processes_at_once_all_get_their_object)
{
	enum { CHILDREN = 8 };
	pid_t children[CHILDREN];
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			const char *unit = "shared";
			hdt_source source = {&unit, 1, 1};
			bool good = true;
			for (int k = 0; k < 50 && good; k++) {
				hdt_object *object;
				cache *c = cache_open(context, inner);
				good = cache_get(c, context, &fake_target, NULL, &source, &object, NULL) == HDT_OK &&
				       strcmp(fake_object_text(object), "shared") == 0;
				if (good)
					fake_target.unload(NULL, object);
				cache_close(c);
			}
			_exit(good ? 0 : 1);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status;
		waitpid(children[i], &status, 0);
		cr_assert_eq(status, 0);
	}
	only_entry();
}
