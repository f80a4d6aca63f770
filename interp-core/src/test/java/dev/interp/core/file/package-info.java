/** Files survive writings that fail. */
@NullMarked
package dev.interp.core.file;

import org.jspecify.annotations.NullMarked;
