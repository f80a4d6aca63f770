@NullMarked
package dev.interp.visual.optimize;

import org.jspecify.annotations.NullMarked;
