/* subject.c: the plugin that the loader's tests are about. Copied under many names: its id is its file's name without .so, and it
 * provides the operator "<id>.op".
 *
 * A copy whose id begins with "bad." does what the environment variable SUBJECT says, in its constructor or in its descriptor; all
 * others behave. */
#include <dlfcn.h>
#include <fenv.h>
#include <hidet/plugin.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 100 };

static char id[128], operator_name[160];
static hdt_operator operators[MANY];
static const hdt_operator *list[MANY + 1];
static struct {
	hdt_plugin plugin;
	char newer_fields[64];
} descriptor;

__attribute__((visibility("hidden"))) const hdt_host *hdt_host_table;
__attribute__((visibility("default"))) const hdt_plugin *hidet_plugin_query_v1(const hdt_host *host);

static bool wants(const char *behaviour)
{
	const char *wish = getenv("SUBJECT");
	return !strncmp(id, "bad.", 4) && wish && !strcmp(wish, behaviour);
}

static void find_id(void)
{
	Dl_info info;
	if (*id || !dladdr(id, &info))
		return;
	const char *slash = strrchr(info.dli_fname, '/');
	strncpy(id, slash ? slash + 1 : info.dli_fname, sizeof id - 1);
	char *suffix = strstr(id, ".so");
	if (suffix)
		*suffix = 0;
	strcpy(operator_name, id);
	strcat(operator_name, ".op");
}

__attribute__((constructor)) static void disturb(void)
{
	find_id();
	if (wants("rounding"))
		fesetround(FE_UPWARD);
#if defined(__x86_64__)
	if (wants("denormals"))
		__builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#endif
	if (wants("signal"))
		signal(SIGSEGV, SIG_IGN);
	if (wants("mask")) {
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
	}
	if (wants("folder") && chdir("/") != 0)
		abort();
	if (wants("locale"))
		setlocale(LC_ALL, "C.UTF-8");
	if (wants("umask"))
		umask(0777);
	if (wants("stream"))
		close(0);
}

static void define(hdt_task *task)
{
	const hdt_expr *x = hdt_element(task, 0);
	hdt_output_elements(task, hdt_add(x, x));
}

static void fill_operators(void)
{
	static char names[MANY][168];
	int count = wants("many-then-null") ? MANY : wants("undeclared") || wants("twice") ? 2 : wants("nothing") ? 0 : 1;
	for (int i = 0; i < count; i++) {
		bool again = i == 0 || wants("twice");
		snprintf(names[i], sizeof names[i], again ? "%s" : "%s%d", operator_name, i);
		operators[i] = (hdt_operator){.size = sizeof(hdt_operator),
		                              .name = names[i],
		                              .doc = "x + x",
		                              .inputs = "x",
		                              .dtypes = "float",
		                              .define = define};
		list[i] = &operators[i];
	}
	if (wants("many-then-null"))
		operators[MANY - 1].define = NULL;
	if (wants("null-name"))
		operators[0].name = NULL;
	if (wants("taken"))
		operators[0].name = "acme.good.op";
	if (wants("wild-name"))
		operators[0].name = (const char *)(uintptr_t)0x10;
	if (wants("wild-operator"))
		list[0] = (const hdt_operator *)(uintptr_t)0x10;
	if (wants("small-operator"))
		operators[0].size = 8;
}

static void spoil(hdt_plugin *p)
{
	static const struct {
		const char *behaviour;
		uint32_t size;
	} sizes[] = {{"size-0", 0},       {"size-31", 31},          {"size-95", 95},
	             {"size-4097", 4097}, {"size-max", UINT32_MAX}, {"longer", sizeof descriptor}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		if (wants(sizes[i].behaviour))
			p->size = sizes[i].size;
	p->magic ^= wants("magic");
	p->abi_major = (uint16_t)(p->abi_major + wants("major-next") - wants("major-before"));
	p->abi_minor = (uint16_t)(p->abi_minor + wants("minor-newer"));
	p->abi_minor_min = (uint16_t)(p->abi_minor_min + (wants("minor-needed") ? HDT_ABI_MINOR + 1 : 0));
	p->flags_must = wants("must");
	p->flags_may = wants("may");
	if (wants("other-id"))
		p->id = "acme.other";
	if (wants("null-id"))
		p->id = NULL;
	if (wants("wild-id"))
		p->id = (const char *)(uintptr_t)0x10;
	if (wants("other-version"))
		p->version = "9.9";
	if (wants("wild-list"))
		p->operators = (const hdt_operator *const *)(uintptr_t)0x1000;
}

const hdt_plugin *hidet_plugin_query_v1(const hdt_host *host)
{
	static int calls;
	static hdt_plugin *heap;
	hdt_host_table = host;
	find_id();
	fill_operators();
	descriptor.plugin = (hdt_plugin){.magic = HDT_PLUGIN_MAGIC,
	                                 .size = sizeof(hdt_plugin),
	                                 .abi_major = HDT_ABI_MAJOR,
	                                 .abi_minor = HDT_ABI_MINOR,
	                                 .id = id,
	                                 .version = "1.0",
	                                 .license = "Apache-2.0",
	                                 .operators = list};
	spoil(&descriptor.plugin);
	if (wants("null"))
		return NULL;
	if (wants("unmapped"))
		return (const hdt_plugin *)(uintptr_t)0x1000;
	if (wants("unaligned"))
		return (const hdt_plugin *)((const char *)&descriptor + 4);
	if (wants("heap"))
		return heap ? heap : (heap = calloc(1, sizeof descriptor));
	if (wants("changing") && ++calls % 2)
		return (const hdt_plugin *)descriptor.newer_fields;
	return &descriptor.plugin;
}
