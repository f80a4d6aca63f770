/** Rules about what may know what. */
@NullMarked
package dev.interp.core.arch;

import org.jspecify.annotations.NullMarked;
