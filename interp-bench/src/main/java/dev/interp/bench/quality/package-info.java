/** Attribution methods judged by metrics, picture by picture, in a way that can be interrupted. */
@NullMarked
package dev.interp.bench.quality;

import org.jspecify.annotations.NullMarked;
