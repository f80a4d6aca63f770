package dev.interp.disentangle.graph;

import dev.interp.visual.render.Heatmap;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Draws what a graph has found. Pictures are given in the order of the placements, each of any
 * size; positions are scaled from the network's input to it.
 */
public final class GraphPictures {
  /** Okabe and Ito's colours, told apart by most people, light enough for a dark rim. */
  private static final List<Color> COLOURS =
      List.of(
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x009E73),
          new Color(0xF0E442),
          new Color(0xD55E00),
          new Color(0xCC79A7));

  /** The authors show squares of 70 pixels of a picture of 224. */
  private static final double PATCH = 70 / 224.0;

  private final ExplanatoryGraph graph;
  private final Placements placements;
  private final List<BufferedImage> pictures;

  private GraphPictures(
      ExplanatoryGraph graph, Placements placements, List<BufferedImage> pictures) {
    this.graph = graph;
    this.placements = placements;
    this.pictures = pictures;
  }

  /**
   * Drawings of a graph in some pictures.
   *
   * @param graph the graph
   * @param placements of its nodes in the pictures: its own, or from {@link ExplanatoryGraph#place}
   * @param pictures as people see them; not modified
   * @return what draws
   * @throws IllegalArgumentException if the numbers of nodes or of pictures differ
   */
  public static GraphPictures of(
      ExplanatoryGraph graph, Placements placements, List<BufferedImage> pictures) {
    if (placements.patterns() != graph.nodes().size() || placements.pictures() != pictures.size()) {
      throw new IllegalArgumentException(
          "the placements are of "
              + placements.patterns()
              + " nodes in "
              + placements.pictures()
              + " pictures, the graph has "
              + graph.nodes().size()
              + " nodes, and "
              + pictures.size()
              + " pictures were given");
    }
    return new GraphPictures(graph, placements, List.copyOf(pictures));
  }

  /** The colour of a layer, and of all that is drawn of it. */
  static Color colour(int layer) {
    return COLOURS.get(layer % COLOURS.size());
  }

  /**
   * The places where a node is clearest, side by side, the best first.
   *
   * @param node its id
   * @param count how many at most, at least 1
   * @param side of a patch on the sheet, in pixels, at least 4
   * @return the sheet; one empty patch if the node was found nowhere
   */
  public BufferedImage patches(int node, int count, int side) {
    int[] best = placements.best(node, count);
    int shown = 0;
    while (shown < best.length && placements.score(node, best[shown]) > 0) {
      shown++;
    }
    BufferedImage sheet =
        new BufferedImage(Math.max(1, shown) * (side + 2) - 2, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = graphics(sheet);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, sheet.getWidth(), side);
    for (int k = 0; k < shown; k++) {
      BufferedImage picture = pictures.get(best[k]);
      double half = 0.5 * PATCH * Math.max(picture.getWidth(), picture.getHeight());
      int left = (int) Math.round(x(node, best[k]) - half);
      int top = (int) Math.round(y(node, best[k]) - half);
      int size = (int) Math.round(2 * half);
      Graphics2D cell = (Graphics2D) g.create(k * (side + 2), 0, side, side);
      cell.setColor(Color.GRAY);
      cell.fillRect(0, 0, side, side);
      cell.scale((double) side / size, (double) side / size);
      cell.drawImage(picture, -left, -top, null);
      cell.dispose();
    }
    g.dispose();
    return sheet;
  }

  /**
   * Where the nodes of a layer are in a picture: a Gaussian at each position, weighted by the
   * node's score relative to its strength.
   *
   * @param layer index of the layer
   * @param count how many of the strongest nodes
   * @param picture index of the picture
   * @return the picture with the map over it
   */
  public BufferedImage heatmap(int layer, int count, int picture) {
    GraphLayer own = graph.layers().get(layer);
    int height = own.inputHeight() / 4 + 1;
    int width = own.inputWidth() / 4 + 1;
    float[] values = new float[height * width];
    double s = 0.03 * Math.max(width, height);
    for (int id : graph.strongest(layer, count)) {
      double weight = placements.score(id, picture) / graph.nodes().get(id).strength();
      for (int r = 0; r < height; r++) {
        for (int c = 0; c < width; c++) {
          double dx = 4 * c + 2 - placements.x(id, picture);
          double dy = 4 * r + 2 - placements.y(id, picture);
          values[r * width + c] += (float) (weight * Math.exp(-(dx * dx + dy * dy) / (32 * s * s)));
        }
      }
    }
    return Heatmap.unsigned(values, height, width).overlay(pictures.get(picture), 0.6);
  }

  /**
   * The graph laid over a picture: one copy of it for each layer, the highest first, with the
   * nodes' positions and lines to the positions of their neighbours.
   *
   * @param nodes ids of the nodes to draw
   * @param picture index of the picture
   * @return the picture of each layer
   */
  public List<BufferedImage> overlay(int[] nodes, int picture) {
    return java.util.stream.IntStream.range(0, graph.layers().size())
        .mapToObj(l -> overlay(graph.layers().size() - 1 - l, nodes, picture))
        .toList();
  }

  private BufferedImage overlay(int layer, int[] nodes, int picture) {
    BufferedImage photo = pictures.get(picture);
    int scale = Math.max(1, (int) Math.ceil(224.0 / photo.getWidth()));
    BufferedImage out =
        new BufferedImage(
            photo.getWidth() * scale, photo.getHeight() * scale, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = graphics(out);
    g.drawImage(photo, 0, 0, out.getWidth(), out.getHeight(), null);
    g.setColor(new Color(255, 255, 255, 90));
    g.fillRect(0, 0, out.getWidth(), out.getHeight());
    double unit = Math.max(out.getWidth(), out.getHeight()) / 100.0;
    for (int id : nodes) {
      GraphNode node = graph.nodes().get(id);
      if (node.layer() == layer) {
        for (int neighbour : node.neighbours()) {
          Line2D line =
              new Line2D.Double(
                  scale * x(id, picture),
                  scale * y(id, picture),
                  scale * x(neighbour, picture),
                  scale * y(neighbour, picture));
          g.setStroke(new BasicStroke((float) (0.3 * unit)));
          g.setColor(new Color(0, 0, 0, 70));
          g.draw(line);
        }
      }
    }
    for (int id : nodes) {
      GraphNode node = graph.nodes().get(id);
      if (node.layer() == layer && placements.score(id, picture) > 0) {
        double share = Math.min(1, placements.score(id, picture) / node.strength());
        double radius = unit * (1 + 2 * Math.sqrt(share));
        Ellipse2D dot =
            new Ellipse2D.Double(
                scale * x(id, picture) - radius,
                scale * y(id, picture) - radius,
                2 * radius,
                2 * radius);
        g.setColor(colour(layer));
        g.fill(dot);
        g.setStroke(new BasicStroke((float) (0.35 * unit)));
        g.setColor(Color.BLACK);
        g.draw(dot);
      }
    }
    g.dispose();
    return out;
  }

  private double x(int node, int picture) {
    return placements.x(node, picture) * pictures.get(picture).getWidth() / placements.inputWidth();
  }

  private double y(int node, int picture) {
    return placements.y(node, picture)
        * pictures.get(picture).getHeight()
        / placements.inputHeight();
  }

  private static Graphics2D graphics(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    return g;
  }
}
