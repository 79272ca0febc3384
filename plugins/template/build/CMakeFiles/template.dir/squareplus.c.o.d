CMakeFiles/template.dir/squareplus.c.o: \
 /tmp/tmp.AHg0a2hqFk/template/squareplus.c /usr/include/stdc-predef.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/plugin.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/frontend.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/mapping.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/graph.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/operator.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/task.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/attribute.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/expr.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/dtype.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/base.h \
 /usr/lib/gcc/x86_64-linux-gnu/12/include/stdbool.h \
 /usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h \
 /usr/lib/gcc/x86_64-linux-gnu/12/include/stdint.h /usr/include/stdint.h \
 /usr/include/x86_64-linux-gnu/bits/libc-header-start.h \
 /usr/include/features.h /usr/include/features-time64.h \
 /usr/include/x86_64-linux-gnu/bits/wordsize.h \
 /usr/include/x86_64-linux-gnu/bits/timesize.h \
 /usr/include/x86_64-linux-gnu/sys/cdefs.h \
 /usr/include/x86_64-linux-gnu/bits/long-double.h \
 /usr/include/x86_64-linux-gnu/gnu/stubs.h \
 /usr/include/x86_64-linux-gnu/gnu/stubs-64.h \
 /usr/include/x86_64-linux-gnu/bits/types.h \
 /usr/include/x86_64-linux-gnu/bits/typesizes.h \
 /usr/include/x86_64-linux-gnu/bits/time64.h \
 /usr/include/x86_64-linux-gnu/bits/wchar.h \
 /usr/include/x86_64-linux-gnu/bits/stdint-intn.h \
 /usr/include/x86_64-linux-gnu/bits/stdint-uintn.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/statuses.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/dtypes.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/intrinsic.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/scalar_ops.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/reduces.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/attributes.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/layout.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/rule.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/scheduler.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/script.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/task_mapping.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/functions.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/statements.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/target.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/api.def \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/calls.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/define.h \
 /tmp/tmp.AHg0a2hqFk/moved/include/hidet/shorthand.h
