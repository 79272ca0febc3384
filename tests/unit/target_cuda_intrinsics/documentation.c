/* The table of docs/intrinsics.md is that of cuda_intrinsics.def. With HIDET_BLESS set it is written anew. */
#include "cuda.h"

#include "base/text.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *family, *name;
} rows[] = {
#define HDT_INTRINSIC(row, family, name, signature, traits, architecture, only, doc) {#family, name},
#include <hidet/cuda_intrinsics.def>
#undef HDT_INTRINSIC
};

static const char heading[] = "## The table\n";

/* Which size of a wgmma product the name has; 0: it is none. */
static int product_size(const char *name)
{
	int n = 0;
	return sscanf(name, "wgmma_m64n%d", &n) == 1 ? n : 0;
}

/* The sizes are told by one row: wgmma_m64nNk16_f16(d: inout register f32 N/2, ...). */
static void add_for_all_sizes(text *t, const char *words)
{
	for (const char *at = words; *at;) {
		size_t skip = !strncmp(at, "m64n8", 5)                                                   ? 5
		              : !strncmp(at, "register f32 4", 14) || !strncmp(at, "register i32 4", 14) ? 14
		                                                                                         : 0;
		if (skip == 5)
			text_add(t, "m64nN");
		else if (skip)
			text_format(t, "%.12s N/2", at);
		else
			text_add_bytes(t, at, 1);
		at += skip ? skip : 1;
	}
}

/* A bar would end the cell. */
static void add_cell(text *t, const char *words)
{
	for (; *words; words++)
		text_format(t, *words == '|' ? "\\%c" : "%c", *words);
}

static void add_row(text *t, const hdt_intrinsic *row)
{
	text words = {0};
	if (product_size(row->name)) {
		text_format(&words, "`");
		add_for_all_sizes(&words, row->name);
		add_for_all_sizes(&words, row->signature);
		text_format(&words, "` | %s | %d%s | ", row->traits, row->architecture, row->architecture_only ? "a" : "");
		text_add(t, "| ");
		text_add(t, words.data);
		text_free(&words);
		add_for_all_sizes(&words, row->doc);
		add_cell(t, words.data);
	} else {
		text_format(t, "| `%s", row->name);
		add_cell(t, row->signature);
		text_format(t, "` | %s | ", row->traits);
		if (row->architecture)
			text_format(t, "%d%s", row->architecture, row->architecture_only ? "a" : "");
		text_add(t, " | ");
		add_cell(t, row->doc);
	}
	text_add(t, " |\n");
	text_free(&words);
}

static void make_table(text *t)
{
	const char *family = "";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcmp(family, rows[i].family))
			text_format(t, "\n### %s\n| | traits | from | |\n|---|---|---|---|\n", family = rows[i].family);
		if (product_size(rows[i].name) <= 8)
			add_row(t, cuda_intrinsics[i]);
	}
	text_add(t, "\nN is 8, 16, 24, ... 256; of `i8` 8, 16, 24, 32, 48, 64, ... 256.\n");
}

static void read_page(text *page)
{
	FILE *f = fopen(HIDET_INTRINSICS_PAGE, "r");
	cr_assert_not_null(f, "%s cannot be read", HIDET_INTRINSICS_PAGE);
	char bytes[4096];
	for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;)
		text_add_bytes(page, bytes, n);
	fclose(f);
}

static void write_page(const text *page, size_t kept, const text *table)
{
	FILE *f = fopen(HIDET_INTRINSICS_PAGE, "w");
	cr_assert_not_null(f);
	fprintf(f, "%.*s%s", (int)kept, page->data, table->data);
	fclose(f);
}

Test(intrinsics, the_page_has_the_table_as_it_is)
{
	text page = {0}, table = {0};
	read_page(&page);
	make_table(&table);
	const char *at = strstr(page.data, heading);
	cr_assert_not_null(at, "the page has no heading '%s'", heading);
	at += strlen(heading);
	if (getenv("HIDET_BLESS"))
		write_page(&page, (size_t)(at - page.data), &table);
	else
		cr_assert(!strcmp(at, table.data),
		          "docs/intrinsics.md is not what cuda_intrinsics.def says: run this test with HIDET_BLESS=1");
	text_free(&page);
	text_free(&table);
}

Test(intrinsics, every_row_is_told)
{
	for (int i = 0; cuda_intrinsics[i]; i++) {
		const hdt_intrinsic *row = cuda_intrinsics[i];
		cr_assert(row->doc && *row->doc && row->text && strstr(row->text, row->name),
		          "%s has no doc, or its text does not define it", row->name);
		cr_assert(strspn(row->traits, "pwgbctv") == strlen(row->traits), "%s: traits %s", row->name, row->traits);
		cr_assert(!row->architecture_only || row->architecture == 90, "%s", row->name);
	}
}
