/**
 * The explanatory graph of Q. Zhang, R. Cao, F. Shi, Y. N. Wu and S.-C. Zhu (AAAI 2018): the parts
 * that are mixed in the filters of a trained network, found without any label of a part.
 */
@NullMarked
package dev.interp.disentangle.graph;

import org.jspecify.annotations.NullMarked;
