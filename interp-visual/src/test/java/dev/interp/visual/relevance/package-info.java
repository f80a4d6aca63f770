@NullMarked
package dev.interp.visual.relevance;

import org.jspecify.annotations.NullMarked;
