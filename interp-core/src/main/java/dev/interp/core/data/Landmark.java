package dev.interp.core.data;

/**
 * Where the centre of a part lies.
 *
 * @param part the name of the part, one of {@link PartDataset#partNames()}
 * @param x column in pixels from the left edge; the centre of the first pixel is 0.5
 * @param y row in pixels from the top edge; the centre of the first pixel is 0.5
 * @param visible whether any pixel shows the part; the point itself may still be covered by
 *     something in front
 */
public record Landmark(String part, double x, double y, boolean visible) {}
