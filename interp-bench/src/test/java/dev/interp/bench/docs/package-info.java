/** What README and guides show, compiled and run. */
@NullMarked
package dev.interp.bench.docs;

import org.jspecify.annotations.NullMarked;
