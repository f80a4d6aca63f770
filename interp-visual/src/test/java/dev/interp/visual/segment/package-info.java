@NullMarked
package dev.interp.visual.segment;

import org.jspecify.annotations.NullMarked;
