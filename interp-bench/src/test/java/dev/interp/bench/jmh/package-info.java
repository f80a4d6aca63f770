/** Tests of the speed benchmarks. */
@NullMarked
package dev.interp.bench.jmh;

import org.jspecify.annotations.NullMarked;
