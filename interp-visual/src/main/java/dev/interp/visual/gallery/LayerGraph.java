package dev.interp.visual.gallery;

import dev.interp.core.network.LayerInfo;
import dev.interp.core.network.Network;
import j2html.utils.EscapeUtil;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The graph of a network's layers from top to bottom: its input and logits, the layers that a page
 * shows, and where branches meet. What lies between them (rectifiers, pools, norms) is part of the
 * edges.
 */
final class LayerGraph {
  private static final int WIDTH = 118;
  private static final int HEIGHT = 38;
  private static final int GAP = 10;
  private static final int STEP = 60;
  private static final int SIDE = 34;
  private static final int LETTERS = 17;

  /** A layer that is drawn; it is placed when all are known. */
  private static final class Box {
    final LayerInfo layer;
    final List<Box> from;
    final int depth;
    double left;
    double top;

    Box(LayerInfo layer, List<Box> from) {
      this.layer = layer;
      this.from = from;
      depth = from.stream().mapToInt(b -> b.depth + 1).max().orElse(0);
    }

    double middle() {
      return left + WIDTH / 2.0;
    }
  }

  private final List<Box> boxes = new ArrayList<>();
  private final Map<String, String> links;

  private LayerGraph(Network network, Map<String, String> links) {
    this.links = links;
    // The box that a tensor comes of; none for what hangs on constants alone.
    Map<String, Box> sources = new HashMap<>();
    for (LayerInfo layer : network.layers()) {
      List<Box> from =
          layer.inputs().stream()
              .flatMap(n -> Stream.ofNullable(sources.get(n)))
              .distinct()
              .toList();
      boolean shown =
          layer.name().equals(Network.INPUT)
              || layer.name().equals(network.logits())
              || links.containsKey(layer.name())
              || layer.inputs().size() > 1;
      if (shown) {
        Box box = new Box(layer, from);
        boxes.add(box);
        sources.put(layer.name(), box);
      } else if (!from.isEmpty()) {
        sources.put(layer.name(), from.get(0));
      }
    }
  }

  /**
   * The graph as SVG.
   *
   * @param links where the layers that are shown lead, by their names
   */
  static String svg(Network network, Map<String, String> links) {
    return new LayerGraph(network, links).draw();
  }

  private String draw() {
    TreeMap<Integer, List<Box>> rows = new TreeMap<>();
    boxes.forEach(box -> rows.computeIfAbsent(box.depth, k -> new ArrayList<>()).add(box));
    int widest = rows.values().stream().mapToInt(List::size).max().orElse(1);
    int width = widest * (WIDTH + GAP) - GAP + 2 * SIDE;
    rows.forEach(
        (depth, row) -> {
          double left = (width - row.size() * (WIDTH + GAP) + GAP) / 2.0;
          for (int i = 0; i < row.size(); i++) {
            row.get(i).left = left + i * (WIDTH + GAP);
            row.get(i).top = GAP + (double) depth * STEP;
          }
        });
    int height = rows.lastKey() * STEP + HEIGHT + 2 * GAP;
    StringBuilder svg = new StringBuilder();
    add(
        svg,
        "<svg class=\"graph\" viewBox=\"0 0 %1$d %2$d\" width=\"%1$d\" height=\"%2$d\""
            + " role=\"group\" aria-label=\"Layers of the network\"><defs><marker id=\"tip\""
            + " viewBox=\"0 0 6 6\" refX=\"5\" refY=\"3\" markerWidth=\"6\" markerHeight=\"6\""
            + " orient=\"auto\"><path d=\"M0 0L6 3L0 6z\"/></marker></defs>",
        width,
        height);
    for (Box box : boxes) {
      box.from.forEach(below -> edge(svg, below, box));
    }
    boxes.forEach(box -> node(svg, box));
    return svg.append("</svg>").toString();
  }

  private static void edge(StringBuilder svg, Box from, Box to) {
    if (to.depth - from.depth == 1) {
      double bottom = from.top + HEIGHT;
      add(
          svg,
          "<path class=\"edge\" d=\"M%1$.1f %2$.1fC%1$.1f %3$.1f %4$.1f %3$.1f %4$.1f %5$.1f\"/>",
          from.middle(),
          bottom,
          (bottom + to.top) / 2,
          to.middle(),
          to.top - 1);
    } else {
      // Around what lies between.
      add(
          svg,
          "<path class=\"edge\" d=\"M%1$.1f %2$.1fC%3$.1f %2$.1f %3$.1f %5$.1f %4$.1f %5$.1f\"/>",
          from.left + WIDTH,
          from.top + HEIGHT / 2.0,
          Math.max(from.left, to.left) + WIDTH + SIDE - 6,
          to.left + WIDTH + 1,
          to.top + HEIGHT / 2.0);
    }
  }

  private void node(StringBuilder svg, Box box) {
    LayerInfo layer = box.layer;
    String link = links.get(layer.name());
    String shape = layer.shape().stream().map(String::valueOf).collect(Collectors.joining(" × "));
    if (link != null) {
      add(svg, "<a href=\"#%s\">", link);
    }
    add(
        svg,
        "<g class=\"%s\"><title>%s: %s, %s</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%d\""
            + " height=\"%d\" rx=\"8\"/><text x=\"%.1f\" y=\"%.1f\">%s</text><text class=\"shape\""
            + " x=\"%.1f\" y=\"%.1f\">%s</text></g>",
        link == null ? "join" : "layer",
        EscapeUtil.escape(layer.name()),
        EscapeUtil.escape(layer.kind()),
        shape,
        box.left,
        box.top,
        WIDTH,
        HEIGHT,
        box.middle(),
        box.top + 16,
        EscapeUtil.escape(brief(layer.name())),
        box.middle(),
        box.top + 31,
        shape);
    if (link != null) {
      svg.append("</a>");
    }
  }

  /** Long names differ at their beginnings and ends. */
  private static String brief(String name) {
    int half = LETTERS / 2;
    return name.length() <= LETTERS
        ? name
        : name.substring(0, half) + "…" + name.substring(name.length() - half);
  }

  private static void add(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
