@NullMarked
package dev.interp.visual.invert;

import org.jspecify.annotations.NullMarked;
