/** Attribution by gradients and by signals that travel down like gradients. */
@NullMarked
package dev.interp.visual.gradient;

import org.jspecify.annotations.NullMarked;
