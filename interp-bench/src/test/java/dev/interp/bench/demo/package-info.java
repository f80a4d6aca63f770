/** Tests of the demo model and its training. */
@NullMarked
package dev.interp.bench.demo;

import org.jspecify.annotations.NullMarked;
