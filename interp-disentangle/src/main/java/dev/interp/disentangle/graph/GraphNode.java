package dev.interp.disentangle.graph;

import java.util.List;

/**
 * A part pattern: a peak of a filter that keeps its place relative to its neighbours.
 *
 * @param id its index in the graph; nodes of higher layers come first
 * @param layer index into {@link ExplanatoryGraph#layers()}
 * @param filter the filter it was found in
 * @param row where it is expected when no neighbour moves, in units of the map
 * @param column the same for columns
 * @param sigma standard deviation of its activation around the place its neighbours tell, in units
 *     of the map, along each axis
 * @param x mean position in the pictures it was learned from, in pixels of the network's input
 * @param y the same for rows
 * @param spread standard deviation of its positions in these pictures, in pixels, along each axis
 * @param strength mean of its 20 best scores in these pictures
 * @param neighbours ids of the nodes of the next higher layer that tell its place; empty in the
 *     highest layer
 */
public record GraphNode(
    int id,
    int layer,
    int filter,
    double row,
    double column,
    double sigma,
    double x,
    double y,
    double spread,
    double strength,
    List<Integer> neighbours) {
  /** Copies the list. */
  public GraphNode {
    neighbours = List.copyOf(neighbours);
  }
}
