@NullMarked
package dev.interp.disentangle.tree;

import org.jspecify.annotations.NullMarked;
