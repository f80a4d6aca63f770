/** How well the filters of a network stand for parts of objects. */
@NullMarked
package dev.interp.core.metric;

import org.jspecify.annotations.NullMarked;
