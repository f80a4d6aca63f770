/** What a layer keeps of pictures, told by nets that learn to draw them again from it. */
@NullMarked
package dev.interp.visual.invert;

import org.jspecify.annotations.NullMarked;
