/* embed.c: loads a plugin and a model, compiles, runs: the whole of hidet/hidet.h from outside. */
#include <hidet/hidet.h>
#include <stdio.h>

static int fail(const char *what, hdt_status status, const hdt_session *session)
{
	fprintf(stderr, "%s: status %d: %s\n", what, status, session ? hdt_session_error(session) : "");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	const char *folders[] = {argv[1], NULL};
	hdt_session_options options = {.size = sizeof options, .plugin_dirs = folders, .strict_plugins = true};
	hdt_session *session;
	hdt_model *model;
	hdt_compiled *compiled;
	float x[4] = {1, 2, 3, 4};
	hdt_array input = {.dtype = HDT_F32, .rank = 1, .shape = {4}, .data = x}, output;
	hdt_status status = hdt_session_open(&options, &session);
	if (status != HDT_OK)
		return fail("open", status, session);
	if ((status = hdt_model_load(session, argv[2], &model)) != HDT_OK)
		return fail("load", status, session);
	if ((status = hdt_compile(model, NULL, &compiled)) != HDT_OK)
		return fail("compile", status, session);
	if ((status = hdt_compiled_run(compiled, &input, 1, &output, 1)) != HDT_OK)
		return fail("run", status, session);
	const float *y = output.data;
	printf("%g %g %g %g\n", y[0], y[1], y[2], y[3]);
	hdt_compiled_free(compiled);
	hdt_model_free(model);
	hdt_session_close(session);
	return 0;
}
