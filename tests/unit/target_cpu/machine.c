/* Tests of what a process may use of the machine: control groups in a made-up file system, affinity, the environment. */
#include "../../../plugins/target-cpu/cpu.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/hidet-machine-XXXXXX";

static void make_root(void)
{
	cr_assert_not_null(mkdtemp(root));
}

static void remove_root(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", root);
	cr_assert_eq(system(command), 0);
}

TestSuite(machine, .init = make_root, .fini = remove_root);

/* A file below the root, with the folders above it. */
static void put(const char *path, const char *text)
{
	char whole[512];
	snprintf(whole, sizeof whole, "%s%s", root, path);
	for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = 0;
		mkdir(whole, 0700);
		*at = '/';
	}
	FILE *f = fopen(whole, "w");
	cr_assert_not_null(f, "%s", whole);
	fputs(text, f);
	fclose(f);
}

Test(machine, no_control_groups_are_no_limit)
{
	cr_assert_eq(machine_quota(root, 8), 8);
}

Test(machine, a_quota_of_version_2_limits)
{
	put("/proc/self/cgroup", "0::/box/inner\n");
	put("/sys/fs/cgroup/box/inner/cpu.max", "250000 100000\n");
	cr_assert_float_eq(machine_quota(root, 8), 2.5, 1e-9);
}

Test(machine, the_tightest_group_above_limits)
{
	put("/proc/self/cgroup", "0::/box/inner\n");
	put("/sys/fs/cgroup/box/inner/cpu.max", "max 100000\n");
	put("/sys/fs/cgroup/box/cpu.max", "150000 50000\n");
	put("/sys/fs/cgroup/cpu.max", "600000 100000\n");
	cr_assert_float_eq(machine_quota(root, 8), 3, 1e-9);
}

Test(machine, no_quota_of_version_2_is_no_limit)
{
	put("/proc/self/cgroup", "0::/\n");
	put("/sys/fs/cgroup/cpu.max", "max 100000\n");
	cr_assert_eq(machine_quota(root, 8), 8);
}

Test(machine, a_quota_of_version_1_limits_however_its_controllers_are_joined)
{
	static const char *const lists[] = {"cpu", "cpu,cpuacct", "cpuacct,cpu"};
	put("/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "150000\n");
	put("/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		char text[128];
		snprintf(text, sizeof text, "9:cpuset:/other\n4:%s:/box\n0::/\n", lists[i]);
		put("/proc/self/cgroup", text);
		cr_assert_float_eq(machine_quota(root, 8), 1.5, 1e-9, "%s", lists[i]);
	}
}

Test(machine, no_quota_of_version_1_is_no_limit)
{
	put("/proc/self/cgroup", "2:cpuset:/\n1:cpu:/\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	cr_assert_eq(machine_quota(root, 8), 8);
}

Test(machine, damaged_files_are_no_limit)
{
	put("/proc/self/cgroup", "no colon\n1:cpu\n0::/\n");
	put("/sys/fs/cgroup/cpu.max", "100000\n");
	cr_assert_eq(machine_quota(root, 8), 8);
}

Test(machine, threads_keep_to_the_affinity)
{
	cpu_set_t one;
	unsetenv("OMP_NUM_THREADS");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
	cr_assert_eq(machine_threads(), 1);
}

Test(machine, the_environment_says_how_many_threads)
{
	setenv("OMP_NUM_THREADS", "3", 1);
	cr_assert_eq(machine_threads(), 3);
	setenv("OMP_NUM_THREADS", "none", 1);
	cr_assert_geq(machine_threads(), 1);
	cr_assert_leq(machine_threads(), 1024);
	setenv("OMP_NUM_THREADS", "1000000", 1);
	cr_assert_eq(machine_threads(), 1024);
}
