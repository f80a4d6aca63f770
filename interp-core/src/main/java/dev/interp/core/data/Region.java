package dev.interp.core.data;

import java.util.List;

/**
 * What lies inside of every one of some outlines.
 *
 * @param outlines at least one; nothing is meant to reach beyond the first
 */
record Region(List<Outline> outlines) {
  Region {
    outlines = List.copyOf(outlines);
  }
}
