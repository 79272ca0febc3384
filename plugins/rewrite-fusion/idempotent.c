/* idempotent: functions that do nothing more the second time, or undo each other exactly.
 *
 *     %0 = relu(%x)                     %0 = neg(%x)
 *     %1 = relu(%0)    =>  relu(%x)     %1 = neg(%0)    =>    %x
 */
#include "rewrite_rule.h"

TEXT_RULE(relu_twice, "relu-twice", 20, "relu(relu(x)) is relu(x)", "relu(&relu(%x)) => relu(%x)");
TEXT_RULE(absolute_twice, "absolute-twice", 20, "abs(abs(x)) is abs(x), and so is abs(-x)",
          "abs(&abs|neg(%x)) => abs(%x)");
TEXT_RULE(negate_twice, "negate-twice", 20, "-(-x) is x", "neg(&neg(%x)) => %x");
TEXT_RULE(not_twice, "not-twice", 20, "not not x is x, for bools", "logical_not(&logical_not(%x: bool)) => %x");
TEXT_RULE(bits_not_twice, "bits-not-twice", 20, "~~x is x", "bitwise_not(&bitwise_not(%x)) => %x");
TEXT_RULE(round_integral, "round-integral", 20, "rounding what is whole changes nothing",
          "floor|ceil|round|trunc(%y = &floor|ceil|round|trunc(%_)) => %y");
