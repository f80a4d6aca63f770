@NullMarked
package dev.interp.disentangle.dissect;

import org.jspecify.annotations.NullMarked;
