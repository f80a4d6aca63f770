/**
 * Decision trees over filters: which parts drove the prediction of each picture and by how much,
 * from common decision modes of many pictures to the rationale of a single one.
 */
@NullMarked
package dev.interp.disentangle.tree;

import org.jspecify.annotations.NullMarked;
