/** What comparisons with peers' numbers gave. */
@NullMarked
package dev.interp.bench.conformance;

import org.jspecify.annotations.NullMarked;
