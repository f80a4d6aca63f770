/** Dividing a picture into regions that look alike. */
@NullMarked
package dev.interp.visual.segment;

import org.jspecify.annotations.NullMarked;
