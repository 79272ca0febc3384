#include "helpers.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hdt_session *session;
static char folder[64];

void begin_session(void)
{
	hdt_session_options options = {.size = sizeof options, .system_plugin_path = PLUGINS};
	unsetenv("HIDET_PLUGIN_PATH");
	setenv("HIDET_SIM_STEPS", "100000", 1); /* kernels of tests are short */
	cr_assert_eq(hdt_session_open(&options, &session), HDT_OK);
	strcpy(folder, "/tmp/hidet-sim-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
}

void end_session(void)
{
	char command[96];
	hdt_session_close(session);
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	cr_assert_eq(system(command), 0);
}

hdt_status load_kernel(const char *path, hdt_kernel **out)
{
	hdt_compile_options options = {
		.size = sizeof options, .target = "sim", .threads = 1, .jobs = 1, .cache_dir = folder};
	return hdt_kernel_load(session, path, &options, out);
}

hdt_status load_text(const char *source, hdt_kernel **out)
{
	char path[96];
	snprintf(path, sizeof path, "%s/kernel.hds", folder);
	FILE *f = fopen(path, "w");
	fputs(source, f);
	fclose(f);
	return load_kernel(path, out);
}

/* ---- files ---- */

enum { MOST_ARGUMENTS = 12 };

static void fill(hdt_array *a)
{
	int64_t count = a->shape[0];
	unsigned char *bytes = calloc((size_t)count + 1, 8);
	for (int64_t i = 0; i < count; i++) {
		if (a->dtype == HDT_F32)
			((float *)bytes)[i] = (float)(i % 251);
		else if (a->dtype == HDT_I32 || a->dtype == HDT_U32)
			((int32_t *)bytes)[i] = (int32_t)(i % 251);
	}
	a->data = bytes;
}

/* x=f32[64] or n=5 */
static void read_argument(char *word, hdt_kernel_argument *argument, hdt_array *array)
{
	char *value = strchr(word, '='), *bracket = strchr(word, '[');
	cr_assert_not_null(value, "'%s' is no argument", word);
	*value++ = 0;
	argument->name = word;
	if (!bracket) {
		if (strchr(value, '.'))
			argument->real = atof(value);
		else
			argument->integer = atoll(value);
		return;
	}
	*bracket++ = 0;
	*array = (hdt_array){.dtype = hdt_dtype_named(value), .rank = 1, .shape = {atoll(bracket)}};
	fill(array);
	argument->array = array;
}

hdt_status run_file(const char *path)
{
	char line[512] = "";
	hdt_kernel *kernel;
	hdt_kernel_argument arguments[MOST_ARGUMENTS] = {{0}};
	hdt_array arrays[MOST_ARGUMENTS] = {{0}};
	int count = 0;
	FILE *f = fopen(path, "r");
	cr_assert_not_null(f, "%s", path);
	while (strncmp(line, "# run: ", 7) && fgets(line, sizeof line, f)) {
	}
	fclose(f);
	hdt_status status = load_kernel(path, &kernel);
	if (status != HDT_OK)
		return status;
	for (char *word = strtok(line + 7, " \n"); word && count < MOST_ARGUMENTS; word = strtok(NULL, " \n"), count++)
		read_argument(word, &arguments[count], &arrays[count]);
	status = hdt_kernel_run(kernel, arguments, count);
	for (int i = 0; i < count; i++)
		free(arrays[i].data);
	hdt_kernel_free(kernel);
	return status;
}
