/** What a network's decision rests on: evidence of windows, attention of classes. */
@NullMarked
package dev.interp.visual.diagnose;

import org.jspecify.annotations.NullMarked;
