@NullMarked
package dev.interp.visual.render;

import org.jspecify.annotations.NullMarked;
