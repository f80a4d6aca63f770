@NullMarked
package dev.interp.visual.report;

import org.jspecify.annotations.NullMarked;
