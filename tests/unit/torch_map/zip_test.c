/* zip_test.c: the zip reader on good archives, and on archives that lie. */
#include "base/context.h"
#include "zip.h"
#include "zip_writer.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char text[] = "the quick brown fox jumps over the lazy dog, the quick brown fox jumps over the lazy dog";
static const unsigned char numbers[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* Two entries: a/text (deflated) and a/numbers (stored). */
static zip_writer make(bool zip64)
{
	zip_writer w = {.zip64 = zip64};
	zip_writer_add(&w, "a/text", text, sizeof(text), true);
	zip_writer_add_aligned(&w, "a/numbers", numbers, sizeof(numbers), 64);
	zip_writer_finish(&w);
	return w;
}

/* Open the bytes and read every entry; the status of the first failure. */
static hdt_status read_all(const void *bytes, size_t count)
{
	hdt_context *context = context_new(NULL);
	zip_directory zip;
	hdt_status status = zip_open(context, "test.zip", bytes, count, &zip);
	for (int i = 0; status == HDT_OK && i < zip.count; i++) {
		unsigned char *data;
		status = zip_extract(&zip, &zip.entries[i], 1 << 20, &data);
		if (status == HDT_OK)
			free(data);
	}
	cr_assert_eq(status != HDT_OK, context->message[0] != 0, "a failure says why, a success nothing");
	context_free(context);
	return status;
}

static void check_content(bool zip64)
{
	zip_writer w = make(zip64);
	hdt_context *context = context_new(NULL);
	zip_directory zip;
	unsigned char *data;
	const unsigned char *stored;
	cr_assert_eq(zip_open(context, "test.zip", w.data, w.bytes, &zip), HDT_OK, "%s", context->message);
	cr_assert_eq(zip.count, 2);
	cr_assert_null(zip_find(&zip, "a"));
	const zip_entry *deflated = zip_find(&zip, "a/text"), *plain = zip_find(&zip, "a/numbers");
	cr_assert(deflated && plain && deflated->method == ZIP_DEFLATED && deflated->compressed < deflated->bytes);
	cr_assert_eq(zip_extract(&zip, deflated, 1 << 20, &data), HDT_OK);
	cr_assert_arr_eq(data, text, sizeof(text));
	free(data);
	cr_assert_eq(zip_stored(&zip, plain, &stored), HDT_OK);
	cr_assert_arr_eq(stored, numbers, sizeof(numbers));
	cr_assert_eq((size_t)(stored - w.data) % 64, 0, "the padding of the local header is skipped");
	context_free(context);
	zip_writer_free(&w);
}

Test(zip, reads_stored_and_deflated_entries)
{
	check_content(false);
}

Test(zip, reads_64_bit_archives)
{
	check_content(true);
}

Test(zip, refuses_every_truncation)
{
	for (int zip64 = 0; zip64 < 2; zip64++) {
		zip_writer w = make(zip64);
		for (size_t n = 0; n < w.bytes; n++) {
			unsigned char *cut = malloc(n + 1); /* exact, so that the sanitizer sees reads beyond */
			memcpy(cut, w.data, n);
			cr_assert_eq(read_all(cut, n), HDT_BAD_MODEL, "cut to %zu of %zu bytes", n, w.bytes);
			free(cut);
		}
		zip_writer_free(&w);
	}
}

Test(zip, survives_every_changed_byte)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
	for (int zip64 = 0; zip64 < 2; zip64++) {
		zip_writer w = make(zip64);
		for (size_t i = 0; i < w.bytes; i++)
			for (size_t v = 0; v < sizeof(values); v++) {
				unsigned char old = w.data[i];
				w.data[i] = values[v];
				hdt_status status = read_all(w.data, w.bytes);
				cr_assert(status == HDT_OK || status == HDT_BAD_MODEL, "byte %zu = %d", i, values[v]);
				w.data[i] = old;
			}
		zip_writer_free(&w);
	}
}

Test(zip, notices_a_changed_byte_of_the_data)
{
	zip_writer w = make(false);
	unsigned char *at = w.data;
	while (memcmp(at, numbers, sizeof(numbers)) != 0)
		at++;
	at[3] ^= 1;
	cr_assert_eq(read_all(w.data, w.bytes), HDT_BAD_MODEL);
	zip_writer_free(&w);
}

Test(zip, refuses_a_name_that_comes_twice)
{
	zip_writer w = {0};
	zip_writer_add(&w, "same", "1", 1, false);
	zip_writer_add(&w, "same", "2", 1, false);
	zip_writer_finish(&w);
	cr_assert_eq(read_all(w.data, w.bytes), HDT_BAD_MODEL);
	zip_writer_free(&w);
}

/* The first occurrence of a little-endian 32-bit value behind `from` in the archive. */
static unsigned char *find32(zip_writer *w, size_t from, uint32_t value)
{
	for (size_t i = from; i + 4 <= w->bytes; i++)
		if (memcmp(w->data + i, &value, 4) == 0)
			return w->data + i;
	return NULL;
}

Test(zip, refuses_entries_that_overlap)
{
	zip_writer w = {0};
	zip_writer_add(&w, "one", numbers, sizeof(numbers), false);
	zip_writer_add(&w, "two", numbers, sizeof(numbers), false);
	zip_writer_finish(&w);
	unsigned char *second = find32(&w, 0, 0x02014b50);
	second = find32(&w, (size_t)(second - w.data) + 4, 0x02014b50);
	memset(second + 42, 0, 4); /* the second entry's header is said to be the first one's */
	cr_assert_eq(read_all(w.data, w.bytes), HDT_BAD_MODEL);
	zip_writer_free(&w);
}

Test(zip, refuses_an_impossible_inflation_before_allocating)
{
	zip_writer w = {0};
	zip_writer_add(&w, "bomb", text, sizeof(text), true);
	zip_writer_finish(&w);
	unsigned char *entry = find32(&w, 0, 0x02014b50);
	memset(entry + 24, 0xfe, 4); /* 4 GB out of some 60 bytes */
	hdt_context *context = context_new(NULL);
	zip_directory zip;
	cr_assert_eq(zip_open(context, "test.zip", w.data, w.bytes, &zip), HDT_BAD_MODEL);
	cr_assert(strstr(context->message, "impossible"), "%s", context->message);
	context_free(context);
	zip_writer_free(&w);
}

Test(zip, holds_inflation_to_the_limit)
{
	zip_writer w = make(false);
	hdt_context *context = context_new(NULL);
	zip_directory zip;
	unsigned char *data;
	cr_assert_eq(zip_open(context, "test.zip", w.data, w.bytes, &zip), HDT_OK);
	cr_assert_eq(zip_extract(&zip, zip_find(&zip, "a/text"), 10, &data), HDT_BAD_MODEL);
	cr_assert_null(data);
	context_free(context);
	zip_writer_free(&w);
}

Test(zip, refuses_encrypted_entries_and_other_methods)
{
	for (int what = 0; what < 2; what++) {
		zip_writer w = make(false);
		unsigned char *entry = find32(&w, 0, 0x02014b50);
		entry[what ? 10 : 8] = what ? 12 : 1;
		cr_assert_eq(read_all(w.data, w.bytes), HDT_BAD_MODEL);
		zip_writer_free(&w);
	}
}

Test(zip, finds_the_end_before_a_comment)
{
	zip_writer w = make(false);
	w.data = realloc(w.data, w.bytes + 5);
	memcpy(w.data + w.bytes, "hello", 5);
	w.data[w.bytes - 2] = 5;
	cr_assert_eq(read_all(w.data, w.bytes + 5), HDT_OK);
	w.data[w.bytes - 2] = 6;
	cr_assert_eq(read_all(w.data, w.bytes + 5), HDT_BAD_MODEL, "a comment longer than the file");
	zip_writer_free(&w);
}
