/** How a signal travels down through an op: rules, and composites that map ops to rules. */
@NullMarked
package dev.interp.core.rule;

import org.jspecify.annotations.NullMarked;
