/* Planted faults: each kernel of faults/ has one, in the line that ends with "# fault: TEXT"; the message tells line
 * and text. A kernel without such a line is right: it does by the rules what others do against them. SHOW_FAULTS
 * prints all messages. */
#include "helpers.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(faults, .init = begin_session, .fini = end_session);

/* The line of the fault, 0 for none, and what the message is to contain. */
static int expected(const char *path, char *words, size_t size)
{
	char line[512];
	FILE *f = fopen(path, "r");
	for (int number = 1; f && fgets(line, sizeof line, f); number++) {
		char *mark = strstr(line, "# fault: ");
		if (!mark)
			continue;
		snprintf(words, size, "%s", mark + strlen("# fault: "));
		words[strcspn(words, "\n")] = 0;
		fclose(f);
		return number;
	}
	if (f)
		fclose(f);
	return 0;
}

static void check(const char *path)
{
	char words[256], place[32];
	int line = expected(path, words, sizeof words);
	hdt_status status = run_file(path);
	const char *message = hdt_session_error(session);
	snprintf(place, sizeof place, ".hds:%d: ", line);
	if (!line) {
		cr_expect_eq(status, HDT_OK, "%s: %s", path, message);
	} else if (status == HDT_OK) {
		cr_expect(false, "%s: the fault is not found", path);
	} else {
		cr_expect_not_null(strstr(message, place), "%s: expected line %d; got: %s", path, line, message);
		cr_expect_not_null(strstr(message, words), "%s: expected '%s'; got: %s", path, words, message);
	}
	if (getenv("SHOW_FAULTS"))
		fprintf(stderr, "%s\n    %s\n", path, status == HDT_OK ? "(none)" : message);
}

Test(faults, every_planted_fault_is_found_at_its_line)
{
	struct dirent **files;
	int count = scandir(KERNELS "/faults", &files, NULL, alphasort), kernels = 0;
	for (int i = 0; i < count; i++) {
		char path[512];
		snprintf(path, sizeof path, "%s/faults/%s", KERNELS, files[i]->d_name);
		if (strstr(files[i]->d_name, ".hds")) {
			check(path);
			kernels++;
		}
		free(files[i]);
	}
	free(files);
	cr_assert_geq(kernels, 12);
}
