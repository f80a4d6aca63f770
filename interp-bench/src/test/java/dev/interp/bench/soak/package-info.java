/** Tests of the long runs, kept short. */
@NullMarked
package dev.interp.bench.soak;

import org.jspecify.annotations.NullMarked;
