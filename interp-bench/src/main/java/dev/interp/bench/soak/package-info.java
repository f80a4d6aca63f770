/** Long runs that show whether memory stays where it is. */
@NullMarked
package dev.interp.bench.soak;

import org.jspecify.annotations.NullMarked;
