/* The library file: cut short, no file at all, badly linked, with side effects. */
#include "scene.h"
#include <fenv.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(library, a_good_plugin_loads_and_its_operator_is_found)
{
	scene s;
	scene_open(&s);
	scene_load(&s);
	cr_assert_eq(loader_refused_count(s.loader), 0, "%s", loader_refusals(s.loader));
	cr_assert_str_eq(registry_find(s.registry, REGISTRY_OPERATOR, "acme.good.op")->plugin, "acme.good");
	scene_close(&s);
}

Test(library, a_file_cut_at_any_512_bytes_is_refused)
{
	scene s;
	size_t size;
	char *bytes = scene_read_subject("subject", &size);
	scene_open(&s);
	scene_manifest(&s, "bad.cut", (manifest){0});
	for (size_t cut = 0; cut < size; cut += 512) {
		scene_write(&s, "bad.cut.so", bytes, cut);
		scene_load(&s);
		scene_expect_refused(&s, "bad.cut", PLUGIN_CODE_ELF_TRUNCATED, "");
	}
	scene_write(&s, "bad.cut.so", bytes, size - 1);
	scene_load(&s);
	scene_expect_refused(&s, "bad.cut", PLUGIN_CODE_ELF_TRUNCATED, "sections");
	free(bytes);
	scene_close(&s);
}

Test(library, no_single_wrong_byte_makes_the_check_read_outside)
{
	size_t size;
	char *bytes = scene_read_subject("subject", &size);
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
	for (size_t i = 0; i < size; i++)
		for (size_t v = 0; v < sizeof values; v++) {
			char kept = bytes[i];
			elf_fault fault;
			bytes[i] = (char)values[v];
			/* A copy of exactly this size, so that the sanitizer sees a read behind the end. */
			if (i < 4096 || i % 16 == 0)
				elf_check((unsigned char *)bytes, size, &fault);
			bytes[i] = kept;
		}
	free(bytes);
}

Test(library, another_machine_or_class_is_named)
{
	scene s;
	size_t size;
	char *bytes = scene_read_subject("subject", &size);
	scene_open(&s);
	scene_manifest(&s, "bad.machine", (manifest){0});
	scene_manifest(&s, "bad.class", (manifest){0});
	scene_manifest(&s, "bad.kind", (manifest){0});
	scene_manifest(&s, "bad.text", (manifest){0});
	bytes[18] ^= 0x40; /* e_machine */
	scene_write(&s, "bad.machine.so", bytes, size);
	bytes[18] ^= 0x40;
	bytes[4] = 1; /* 32 bits */
	scene_write(&s, "bad.class.so", bytes, size);
	bytes[4] = 2;
	bytes[16] = 2; /* a program */
	scene_write(&s, "bad.kind.so", bytes, size);
	scene_write(&s, "bad.text.so", "#!/bin/sh\n", 10);
	scene_load(&s);
	scene_expect_refused(&s, "bad.machine", PLUGIN_CODE_ELF_MACHINE, "machine");
	scene_expect_refused(&s, "bad.class", PLUGIN_CODE_ELF_MACHINE, "64-bit");
	scene_expect_refused(&s, "bad.kind", PLUGIN_CODE_ELF_MALFORMED, "no shared object");
	scene_expect_refused(&s, "bad.text", PLUGIN_CODE_ELF_MALFORMED, "not an ELF file");
	free(bytes);
	scene_close(&s);
}

Test(library, what_is_no_regular_file_is_refused_at_once, .timeout = 10)
{
	scene s;
	char path[128];
	scene_open(&s);
	static const char *const ids[] = {"bad.fifo", "bad.folder", "bad.link", "bad.loop", "bad.absent", "bad.huge"};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		scene_manifest(&s, ids[i], (manifest){0});
	snprintf(path, sizeof path, "%s/bad.fifo.so", s.folder);
	cr_assert_eq(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/bad.folder.so", s.folder);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/bad.link.so", s.folder);
	cr_assert_eq(symlink(SUBJECTS "/subject.so", path), 0);
	snprintf(path, sizeof path, "%s/bad.loop.so", s.folder);
	cr_assert_eq(symlink("bad.loop.so", path), 0);
	scene_write(&s, "bad.huge.so", "", 0);
	snprintf(path, sizeof path, "%s/bad.huge.so", s.folder);
	cr_assert_eq(truncate(path, (off_t)10 << 30), 0);
	scene_load(&s);
	scene_expect_refused(&s, "bad.fifo", PLUGIN_CODE_FILE, "not a regular file");
	scene_expect_refused(&s, "bad.folder", PLUGIN_CODE_FILE, "not a regular file");
	scene_expect_refused(&s, "bad.link", PLUGIN_CODE_PATH, "link");
	scene_expect_refused(&s, "bad.loop", PLUGIN_CODE_PATH, "link");
	scene_expect_refused(&s, "bad.absent", PLUGIN_CODE_FILE, "No such file");
	scene_expect_refused(&s, "bad.huge", PLUGIN_CODE_FILE, "at most");
	scene_close(&s);
}

Test(library, a_badly_linked_library_is_refused_before_its_code_runs)
{
	static const struct {
		const char *subject;
		plugin_code code;
		const char *reason;
	} cases[] = {
		{"no-query", PLUGIN_CODE_ELF_EXPORTS, "does not export hidet_plugin_query_v1"},
		{"exports-more", PLUGIN_CODE_ELF_EXPORTS, "extra_symbol"},
		{"calls-host", PLUGIN_CODE_ELF_UNDEFINED, "hdt_fail"},
		{"stack", PLUGIN_CODE_ELF_STACK, "executable stack"},
		{"rpath", PLUGIN_CODE_ELF_PATH, "search path"},
		{"static-tls", PLUGIN_CODE_ELF_TLS, "thread-local"},
		{"text-relocation", PLUGIN_CODE_ELF_TEXT, "text relocations"},
		{"needs-private", PLUGIN_CODE_ELF_NEEDED, "private-dependency.so"},
#if !defined(__SANITIZE_ADDRESS__) && defined(__GNUC__) && !defined(__clang__)
		{"sanitized", PLUGIN_CODE_ELF_SANITIZER, "sanitizer"},
#endif
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		scene s;
		scene_open(&s);
		scene_plugin(&s, "bad.linked", cases[i].subject, (manifest){0});
		scene_load(&s);
		scene_expect_refused(&s, "bad.linked", cases[i].code, cases[i].reason);
		scene_close(&s);
	}
}

Test(library, an_undefined_symbol_is_found_while_loading_not_at_the_first_call)
{
	scene s;
	scene_open(&s);
	scene_plugin(&s, "bad.linked", "calls-missing", (manifest){0});
	scene_load(&s);
	scene_expect_refused(&s, "bad.linked", PLUGIN_CODE_LOAD, "missing_function");
	scene_close(&s);
}

static unsigned denormals_are_zero(void)
{
	volatile float tiny = 1e-39f;
	return tiny * 1.0f == 0.0f;
}

Test(library, side_effects_of_constructors_are_named_and_undone)
{
	static const char *const cases[][2] = {
		{"rounding", "floating-point"},
		{"signal", "signal handler"},
		{"mask", "signal mask"},
		{"folder", "current folder"},
		{"locale", "locale"},
		{"umask", "umask"},
#if defined(__x86_64__)
		{"denormals", "floating-point"},
#endif
	};
	char before[512], after[512];
	struct sigaction handler, handler_after;
	cr_assert(getcwd(before, sizeof before));
	sigaction(SIGSEGV, NULL, &handler);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_refused(cases[i][0], PLUGIN_CODE_SIDE_EFFECT, cases[i][1]);
	cr_assert_eq(fegetround(), FE_TONEAREST);
	cr_assert_eq(denormals_are_zero(), 0);
	sigaction(SIGSEGV, NULL, &handler_after);
	cr_assert_eq(handler.sa_handler, handler_after.sa_handler);
	sigset_t mask;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	cr_assert_not(sigismember(&mask, SIGUSR1));
	cr_assert(getcwd(after, sizeof after));
	cr_assert_str_eq(before, after);
	cr_assert_str_eq(setlocale(LC_ALL, NULL), "C");
	mode_t umask_after = umask(022);
	cr_assert_neq(umask_after, 0777);
}

Test(library, closing_a_standard_stream_is_noticed)
{
	check_refused("stream", PLUGIN_CODE_SIDE_EFFECT, "standard stream");
}

Test(library, a_pinned_hash_that_differs_refuses_before_the_code_runs)
{
	scene s;
	scene_open(&s);
	scene_plugin(
		&s, "bad.pinned", "stack",
		(manifest){.extra = "\"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\""});
	scene_load(&s);
	scene_expect_refused(&s, "bad.pinned", PLUGIN_CODE_HASH, "SHA-256");
	scene_close(&s);
}

Test(library, a_second_session_loads_the_same_plugins_again)
{
	scene s;
	scene_open(&s);
	scene_load(&s);
	scene_load(&s);
	scene_expect_loaded(&s, "acme.good");
	scene_close(&s);
}
