/** Numbers to pictures: colour maps, heat maps with an explicit scale, overlays, picture grids. */
@NullMarked
package dev.interp.visual.render;

import org.jspecify.annotations.NullMarked;
