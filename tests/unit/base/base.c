/* Unit tests of core/base: arenas, names, maps, texts, hashes, files, diagnostics. */
#include "base/context.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/text.h"
#include "base/vec.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static hdt_context *c;
static void setup(void)
{
	c = context_new(NULL);
}
static void teardown(void)
{
	context_free(c);
}
TestSuite(base, .init = setup, .fini = teardown);

Test(base, arena_memory_is_zeroed_aligned_and_rewinds)
{
	arena a;
	arena_init(&a);
	arena_mark start = arena_get_mark(&a);
	for (size_t n = 0; n < 3000; n += 7) {
		char *p = arena_alloc(&a, n);
		cr_assert_not_null(p);
		cr_assert(((uintptr_t)p & 15) == 0);
		for (size_t i = 0; i < n; i++)
			cr_assert(p[i] == 0);
		memset(p, 0xff, n);
	}
	arena_rewind(&a, start);
	cr_assert_null(a.blocks);
	cr_assert_null(arena_alloc(&a, SIZE_MAX - 3));
	a.fail_after = 1;
	cr_assert_not_null(arena_alloc(&a, 1));
	cr_assert_null(arena_alloc(&a, 1));
	cr_assert_null(arena_alloc(&a, 1));
	a.fail_once = true;
	cr_assert_null(arena_alloc(&a, 1));
	cr_assert_not_null(arena_alloc(&a, 1));
	arena_fini(&a);
}

Test(base, equal_names_are_one_pointer)
{
	char name[16];
	const char *first[2000];
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "n%d", i);
		first[i] = hdt_intern(c, name);
	}
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "n%d", i);
		cr_assert(hdt_intern(c, name) == first[i]);
		cr_assert_str_eq(first[i], name);
	}
}

Test(base, the_first_fault_is_the_reason_and_later_ones_are_notes)
{
	cr_assert(hdt_fail(c, HDT_BAD_MODEL, "first %d", 1) == HDT_BAD_MODEL);
	hdt_fail(c, HDT_INTERNAL, "second");
	cr_assert(hdt_context_status(c) == HDT_BAD_MODEL);
	cr_assert_str_eq(c->message, "first 1");
	cr_assert_str_eq(c->notes, "second");
	context_add_note(c, "doing %s", "this");
	cr_assert_str_eq(c->message, "first 1 (while doing this)");
	context_clear_fault(c);
	cr_assert(hdt_context_status(c) == HDT_OK);
}

Test(base, running_out_of_memory_is_a_status)
{
	c->arena.fail_after = 0;
	cr_assert_null(hdt_allocate(c, 10));
	cr_assert(hdt_context_status(c) == HDT_OUT_OF_MEMORY);
	cr_assert_null(hdt_intern(c, "never seen"));
	cr_assert_null(hdt_format(c, "%d", 1));
	/* Whatever seems wrong after it is a consequence. */
	cr_assert(hdt_fail(c, HDT_BAD_MODEL, "no name") == HDT_OUT_OF_MEMORY);
}

Test(base, a_message_that_cannot_be_formatted_is_out_of_memory)
{
	c->arena.fail_after = 0;
	c->arena.fail_once = true;
	cr_assert(hdt_fail(c, HDT_BAD_MODEL, "%d", 1) == HDT_OUT_OF_MEMORY);
	cr_assert(hdt_context_status(c) == HDT_OUT_OF_MEMORY);
}

static int freed;
static void on_free(void *closure)
{
	freed += *(int *)closure;
}

Test(base, hooks_run_when_the_context_goes)
{
	hdt_context *other = context_new(NULL);
	int one = 1, ten = 10;
	freed = 0;
	cr_assert(context_on_free(other, on_free, &one) && context_on_free(other, on_free, &ten));
	context_free(other);
	cr_assert(freed == 11);
}

Test(base, map_finds_every_key_it_was_given)
{
	map m;
	map_init(&m, c);
	static int keys[5000];
	cr_assert_null(map_get(&m, keys));
	for (int i = 0; i < 5000; i++)
		cr_assert(map_set(&m, keys + i, keys + 4999 - i));
	for (int i = 0; i < 5000; i++)
		cr_assert(map_get(&m, keys + i) == keys + 4999 - i);
	cr_assert(map_set(&m, keys, keys + 7) && map_get(&m, keys) == keys + 7);
	cr_assert(m.count == 5000);
}

Test(base, vectors_grow_in_the_arena_and_on_the_heap)
{
	VEC(int) v = {0};
	VEC(int) h = {0};
	for (int i = 0; i < 1000; i++)
		cr_assert(vec_push(c, &v, i) && heap_push(&h, i));
	for (int i = 0; i < 1000; i++)
		cr_assert(v.items[i] == i && h.items[i] == i);
	heap_free(&h);
}

Test(base, text_grows_and_finishes_in_the_arena)
{
	text t = {0};
	for (int i = 0; i < 500; i++)
		text_format(&t, "%d,", i % 10);
	text_indent(&t, 2);
	cr_assert(t.length == 1004);
	const char *s = text_finish(&t, c);
	cr_assert(strlen(s) == 1004 && strncmp(s, "0,1,2,", 6) == 0);
	cr_assert_null(t.data);
}

Test(base, the_nearest_name_is_found_or_none)
{
	const char *const names[] = {"inputs", "outputs", "threads", NULL};
	cr_assert_str_eq(text_nearest("input", names), "inputs");
	cr_assert_str_eq(text_nearest("thraeds", names), "threads");
	cr_assert_null(text_nearest("zzzzzz", names));
}

Test(base, sha256_gives_the_published_digests)
{
	sha256 s;
	char hex[65];
	sha256_init(&s);
	sha256_hex(&s, hex);
	cr_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_init(&s);
	sha256_add(&s, "abc", 3);
	sha256_hex(&s, hex);
	cr_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_init(&s);
	for (int i = 0; i < 1000000; i++)
		sha256_add(&s, "a", 1);
	sha256_hex(&s, hex);
	cr_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

Test(base, a_file_is_written_whole_or_not_at_all)
{
	char folder[] = "/tmp/hidet-base-XXXXXX";
	cr_assert_not_null(mkdtemp(folder));
	const char *deep = file_join(c, folder, "a/b"), *path = file_join(c, deep, "f");
	cr_assert(file_make_directories(c, deep) == HDT_OK);
	cr_assert(file_write_atomically(c, path, "hello", 5) == HDT_OK);
	char *data;
	size_t bytes;
	cr_assert(file_read(c, path, 5, &data, &bytes) == HDT_OK && bytes == 5 && strcmp(data, "hello") == 0);
	free(data);
	cr_assert(file_read(c, path, 4, &data, &bytes) == HDT_IO_ERROR);
	file_mapping m;
	context_clear_fault(c);
	cr_assert(file_map(c, path, &m) == HDT_OK && m.bytes == 5 && memcmp(m.data, "hello", 5) == 0);
	file_unmap(&m);
	cr_assert(file_write_atomically(c, file_join(c, folder, "none/f"), "x", 1) == HDT_IO_ERROR);
	cr_assert(mkfifo(file_join(c, folder, "fifo"), 0600) == 0);
	cr_assert(file_map(c, file_join(c, folder, "fifo"), &m) == HDT_IO_ERROR);
	cr_assert(file_map(c, folder, &m) == HDT_IO_ERROR);
	cr_assert(system(hdt_format(c, "rm -r %s", folder)) == 0);
}
