@NullMarked
package dev.interp.visual.arch;

import org.jspecify.annotations.NullMarked;
