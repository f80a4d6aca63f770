/** Class activation maps. */
@NullMarked
package dev.interp.visual.cam;

import org.jspecify.annotations.NullMarked;
