@NullMarked
package dev.interp.visual.gallery;

import org.jspecify.annotations.NullMarked;
