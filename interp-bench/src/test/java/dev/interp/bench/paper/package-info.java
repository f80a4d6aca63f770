/** Tests of what experiments are made of. */
@NullMarked
package dev.interp.bench.paper;

import org.jspecify.annotations.NullMarked;
