/* machine.c: facts of this machine that steer code and threads: processors that may be used, cache sizes, its name. */
#include "cpu.h"

#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 1024 };

/* The first line of a small file of the system, without its end; false when there is none. */
static bool read_line(const char *path, char *line, size_t bytes)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	bool good = fgets(line, (int)bytes, f) != NULL;
	fclose(f);
	if (good)
		line[strcspn(line, "\n")] = 0;
	return good;
}

static int affinity_count(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return CPU_COUNT(&set);
	long n = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than a cpu_set_t has bits */
	return n > 0 ? (int)n : 1;
}

/* Is the word one of a list "cpu,cpuacct"? */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);
	while (*list) {
		size_t end = strcspn(list, ",");
		if (end == length && strncmp(list, word, length) == 0)
			return true;
		list += end + (list[end] == ',');
	}
	return false;
}

/* Processors that the group at `folder` and those above it allow; `most` when there is no limit. */
static double group_quota(const char *root, const char *group, bool unified, double most)
{
	char folder[2048], path[2304], line[128];
	snprintf(folder, sizeof folder, "%s%s", root, group);
	size_t root_length = strlen(root);
	for (;;) {
		double quota = -1, period = 0;
		snprintf(path, sizeof path, "%s/%s", folder, unified ? "cpu.max" : "cpu.cfs_quota_us");
		if (read_line(path, line, sizeof line) && sscanf(line, "%lf %lf", &quota, &period) == 1 && !unified) {
			snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
			period = read_line(path, line, sizeof line) ? atof(line) : 0;
		}
		if (quota > 0 && period > 0 && quota / period < most)
			most = quota / period;
		char *slash = strrchr(folder, '/');
		if (!slash || slash < folder + root_length)
			return most;
		*slash = 0;
	}
}

double machine_quota(const char *root, double most)
{
	char path[512], line[2048];
	snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
	FILE *f = fopen(path, "re");
	/* Lines "number:controllers:group"; the unified hierarchy's is "0::group". */
	while (f && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!group)
			continue;
		*group++ = 0;
		controllers++;
		bool unified = !*controllers;
		if (!unified && !has_word(controllers, "cpu"))
			continue;
		snprintf(path, sizeof path, "%s/sys/fs/cgroup%s", root, unified ? "" : "/cpu");
		most = group_quota(path, group, unified, most);
	}
	if (f)
		fclose(f);
	return most;
}

int machine_threads(void)
{
	const char *wanted = getenv("OMP_NUM_THREADS");
	long n = wanted ? strtol(wanted, NULL, 10) : 0;
	if (n <= 0) {
		/* Rounded down: workers spin, so a share of a processor is not worth a thread. */
		n = (long)machine_quota("", affinity_count());
	}
	return n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : (int)n;
}

/* "48K" -> 49152 */
static int64_t parse_size(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	return *end == 'K' ? n << 10 : *end == 'M' ? n << 20 : n;
}

void machine_caches(int64_t bytes[3])
{
	bytes[0] = bytes[1] = bytes[2] = 0;
	for (int i = 0; i < 8; i++) {
		char path[96], level[16], type[32], size[32];
		snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", i);
		if (!read_line(path, level, sizeof level))
			break;
		snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", i);
		if (!read_line(path, type, sizeof type) || strcmp(type, "Instruction") == 0)
			continue;
		snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
		int n = atoi(level);
		if (n >= 1 && read_line(path, size, sizeof size))
			bytes[n > 3 ? 2 : n - 1] = parse_size(size);
	}
#ifdef _SC_LEVEL1_DCACHE_SIZE
	static const int names[3] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
	for (int i = 0; i < 3; i++) {
		long n = bytes[i] ? 0 : sysconf(names[i]);
		if (n > 0)
			bytes[i] = n;
	}
#endif
}

void machine_name(char *name, size_t bytes)
{
	snprintf(name, bytes, "CPU");
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[512];
	while (f && fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');
		if (!colon || strncmp(line, "model name", 10) != 0)
			continue;
		line[strcspn(line, "\n")] = 0;
		for (colon++; isspace((unsigned char)*colon); colon++)
			;
		snprintf(name, bytes, "%s", colon);
		break;
	}
	if (f)
		fclose(f);
}
