/* stages.h: the steps of loading, in order, each in the file of its name. Only loader/ includes this.
 *
 *     search -> manifest -> select -> order -> library (file, ELF, dlopen) -> descriptor (query, stage, commit) */
#ifndef LOADER_STAGES_H
#define LOADER_STAGES_H

#include "base/vec.h"
#include "loader/loader.h"
#include <hidet/plugin.h>
#include <sys/types.h>

/* ---- version.c ------------------------------------------------------------------------------------------------------ */

enum { VERSION_PARTS = 4 };
typedef struct plugin_version {
	int parts[VERSION_PARTS]; /* missing ones are 0 */
} plugin_version;

/* "1.4.2": one to four numbers. */
bool version_parse(const char *text, plugin_version *out);
int version_compare(const plugin_version *a, const plugin_version *b);
/* Is `text` a range: comparisons that all hold, as in ">=1.2 <2"? "" is any version. */
bool version_is_range(const char *text);
bool version_in_range(const plugin_version *v, const char *range);

/* ---- data ----------------------------------------------------------------------------------------------------------- */

typedef struct dependency {
	const char *id;
	const char *range; /* "" for any */
	bool optional;     /* decides the order only */
} dependency;

typedef struct plugin {
	plugin_info info;                   /* first: the public face of a plugin is a pointer to its info */
	const char *manifest;               /* path as it is in the file system */
	const struct static_plugin *linked; /* into this host; NULL: in a file */
	dev_t device;                       /* of the manifest: the same file by two paths is one plugin */
	ino_t inode;
	int source;        /* smaller is preferred */
	bool by_hand;      /* named by the user, not just installed */
	bool may_override; /* take over names, as its manifest lists them */
	bool selected;     /* to be loaded */
	plugin_version version;
	const char *library; /* a file name beside the manifest */
	const char *sha256;  /* of the library; "" when not pinned */
	bool enabled;
	VEC(dependency) requires;
	VEC(dependency) conflicts;
	VEC(const char *) overrides;
	VEC(provided_name) provides;
} plugin;

typedef VEC(plugin *) plugin_list;

typedef struct distribution_entry {
	const char *id;
	const char *range;
	const char *sha256; /* "" when not pinned */
	bool may_override;
} distribution_entry;

typedef struct distribution {
	VEC(distribution_entry) plugins;
} distribution;

struct loader {
	hdt_context *context; /* memory of all records, and the fault of loader_open */
	hdt_registry *registry;
	plugin_list plugins;
	distribution *distribution; /* NULL: every plugin is selected */
};

/* Mark as refused, unless it is already. The text is made safe to print. */
void plugin_refuse(loader *l, plugin *p, plugin_code code, const char *format, ...) HDT_PRINTF(4, 5);
void plugin_warn(loader *l, plugin *p, const char *format, ...) HDT_PRINTF(3, 4);
/* `text` with control characters written as \xNN; "" when memory is out. */
const char *printable(hdt_context *context, const char *text);

/* ---- static.c: the plugins that are linked into this host; ended by an id of NULL. */
typedef struct static_plugin {
	const char *id;
	hdt_plugin_query query;
	const char *manifest; /* its text */
} static_plugin;
extern const static_plugin static_plugins[];
/* ---- search.c: where plugins may be; one record for each manifest or for a place that cannot be searched. */
void search_plugins(loader *l, const loader_options *options);
/* ---- manifest.c: fill the record from its manifest, or refuse it. */
void manifest_read(loader *l, plugin *p);
/* ---- distribution.c: which plugins a distribution selects. */
hdt_status distribution_read(loader *l, const char *path);
/* ---- select.c: filters, and one plugin for each id. */
void select_plugins(loader *l);
/* ---- order.c: conflicts, requirements and cycles; the selected plugins are put into loading order. */
void order_plugins(loader *l, plugin_list *order);

/* ---- elf.c: may these bytes be handed to dlopen? PLUGIN_CODE_NONE, or the reason. Reads nothing but the bytes. */
typedef struct elf_fault {
	plugin_code code;
	char reason[256];
} elf_fault;
plugin_code elf_check(const unsigned char *bytes, size_t size, elf_fault *fault);

/* ---- library.c: the checked file as a mapped library; the query function, or NULL and the plugin refused. */
hdt_plugin_query library_open(loader *l, plugin *p);
/* ---- guard.c: what of the process a plugin must leave alone. */
typedef struct guard guard;
guard *guard_new(void); /* NULL when memory is out */
/* The name of what changed since, put back as it was; NULL when nothing did. Frees the guard. */
const char *guard_check(guard *g);
/* ---- descriptor.c: check the descriptor, stage what it lists, compare with the manifest, commit. False: refused. */
bool descriptor_commit(loader *l, plugin *p, hdt_plugin_query query);
/* ---- host.c: the function table that plugins are handed. */
extern const hdt_host host_table;

#endif
