/**
 * The closed set of ops that a network is made of, as data: parameters, shapes and geometry. How an
 * op is computed is the executor's affair, how a signal goes down through it is a rule's.
 */
@NullMarked
package dev.interp.core.op;

import org.jspecify.annotations.NullMarked;
