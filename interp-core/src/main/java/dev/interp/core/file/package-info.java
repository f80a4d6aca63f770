/** Files that are there as a whole or not at all. */
@NullMarked
package dev.interp.core.file;

import org.jspecify.annotations.NullMarked;
