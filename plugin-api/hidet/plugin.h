/* plugin.h: all that a plugin includes, and how it presents itself.
 *
 *     HDT_PLUGIN(.id = "acme.cubic", .version = "1.0.0", .license = "MIT", .operators = operators);
 *
 * The CMake function hdt_add_plugin writes that file and the manifest from a list of names. A plugin is a shared object that exports
 * one symbol, hidet_plugin_query_v1, and has no undefined hidet symbol: every hdt_ function is called through the table
 * that the host hands to the query, which <hidet/calls.h> (generated from api.def) makes read like a plain call. With
 * HIDET_STATIC defined the same source links into a static distribution. */
#ifndef HIDET_PLUGIN_H
#define HIDET_PLUGIN_H

#include <hidet/contraction.h>
#include <hidet/frontend.h>
#include <hidet/layout.h>
#include <hidet/rule.h>
#include <hidet/scheduler.h>
#include <hidet/task_mapping.h>

HDT_BEGIN

#define HDT_PLUGIN_MAGIC UINT64_C(0x474C505445444948) /* the bytes "HIDETPLG" */

/* Every list ends with NULL; a list that is NULL is empty. Everything pointed to is constant and stays mapped for ever. */
typedef struct hdt_plugin {
	/* ---- frozen: offsets 0..31 never change ---- */
	uint64_t magic;
	uint32_t size;          /* sizeof(hdt_plugin) in the plugin's headers */
	uint16_t abi_major;     /* must be the host's */
	uint16_t abi_minor;     /* of the headers it was built with */
	uint16_t abi_minor_min; /* oldest host minor it runs on */
	uint16_t flags_must;    /* a bit unknown to the host: refuse */
	uint32_t flags_may;     /* a bit unknown to the host: ignore */
	uint64_t reserved;
	/* ---- append only ---- */
	const char *id; /* "owner.name"; `hidet.` is this project's */
	const char *version;
	const char *license;
	const hdt_operator *const *operators;
	const hdt_resolve_rule *const *resolve_rules;
	const hdt_rewrite_rule *const *rewrite_rules;
	const hdt_scheduler *const *schedulers;
	const hdt_mapping_set *const *mappings;
	const hdt_frontend *const *frontends;
	const hdt_target *const *targets;
} hdt_plugin;

/* The host's function table: one member for each name in api.def, of that function's type. Append only. */
typedef struct hdt_host {
	size_t size;
	uint16_t abi_major, abi_minor;
#ifdef __cplusplus
#define HDT_API(name) decltype(::name) *name;
#else
#define HDT_API(name) __typeof__(name) *name;
#endif
#include <hidet/api.def>
#undef HDT_API
} hdt_host;

/* The one exported symbol. Pure; may be called any number of times; keeps `host`. */
typedef const hdt_plugin *(*hdt_plugin_query)(const hdt_host *host);

#ifdef HIDET_STATIC /* one binary: a query per plugin, named by the distribution's table */
#define HDT_PLUGIN_HOST_TABLE
#define HDT_PLUGIN_KEEP(host) (void)(host)
#ifndef HDT_PLUGIN_QUERY
#define HDT_PLUGIN_QUERY hidet_plugin_query_v1
#endif
#else
#define HDT_PLUGIN_QUERY hidet_plugin_query_v1
#define HDT_PLUGIN_HOST_TABLE __attribute__((visibility("hidden"))) const hdt_host *hdt_host_table;
#define HDT_PLUGIN_KEEP(host) hdt_host_table = (host)
extern __attribute__((visibility("hidden"))) const hdt_host *hdt_host_table;
#endif

#define HDT_PLUGIN(...)                                                                              \
	HDT_PLUGIN_HOST_TABLE                                                                            \
	__attribute__((visibility("default"))) const hdt_plugin *HDT_PLUGIN_QUERY(const hdt_host *host); \
	const hdt_plugin *HDT_PLUGIN_QUERY(const hdt_host *host)                                         \
	{                                                                                                \
		static const hdt_plugin plugin = {.magic = HDT_PLUGIN_MAGIC,                                 \
		                                  .size = sizeof(hdt_plugin),                                \
		                                  .abi_major = HDT_ABI_MAJOR,                                \
		                                  .abi_minor = HDT_ABI_MINOR,                                \
		                                  .abi_minor_min = 0,                                        \
		                                  __VA_ARGS__};                                              \
		HDT_PLUGIN_KEEP(host);                                                                       \
		return &plugin;                                                                              \
	}                                                                                                \
	struct hdt_plugin_needs_a_semicolon

HDT_END

#if !defined(HIDET_STATIC) && !defined(HIDET_HEADERS_ONLY)
#include <hidet/calls.h> /* from here on a call of hdt_x goes through hdt_host_table */
#endif
#include <hidet/define.h>
#include <hidet/shorthand.h>
#endif
