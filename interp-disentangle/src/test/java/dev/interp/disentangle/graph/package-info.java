@NullMarked
package dev.interp.disentangle.graph;

import org.jspecify.annotations.NullMarked;
