/** Attribution by masks that are learned for a picture: which part decides, once it is gone. */
@NullMarked
package dev.interp.visual.mask;

import org.jspecify.annotations.NullMarked;
