package dev.interp.disentangle.graph;

import static j2html.TagCreator.a;
import static j2html.TagCreator.article;
import static j2html.TagCreator.body;
import static j2html.TagCreator.dd;
import static j2html.TagCreator.div;
import static j2html.TagCreator.dl;
import static j2html.TagCreator.dt;
import static j2html.TagCreator.each;
import static j2html.TagCreator.figcaption;
import static j2html.TagCreator.figure;
import static j2html.TagCreator.footer;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.header;
import static j2html.TagCreator.iff;
import static j2html.TagCreator.main;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;
import static j2html.TagCreator.section;
import static j2html.TagCreator.span;

import dev.interp.visual.report.Fact;
import dev.interp.visual.report.Report;
import dev.interp.visual.report.WebPage;
import j2html.tags.DomContent;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A page on which one can walk through a graph: a map of the nodes, of which each leads to its
 * patches, its spread and its neighbours, and pictures with the graph laid over them. One file that
 * loads nothing and runs no script; in the look of {@link Report}.
 */
public final class GraphPage {
  private static final int PATCHES = 8;
  private static final int PATCH = 84;
  private static final String CSS =
      """
      .map{width:100%;height:auto;display:block}.map text{fill:var(--soft);font-size:13px}
      .map a:hover circle,.map a:focus circle{stroke:var(--ink);stroke-width:3}
      .map line{stroke:var(--soft);stroke-opacity:.28}
      .chips{display:flex;flex-wrap:wrap;gap:.3rem;margin-top:.35rem}
      .chips a{padding:.05rem .5rem;border-radius:1rem;background:var(--accent-soft);
      color:var(--accent-ink);text-decoration:none;font-size:.9rem}
      .dot{display:inline-block;width:.8em;height:.8em;border-radius:50%;border:1px solid #000;
      margin-right:.4em}
      .told p{margin-top:.6rem;font-size:.9rem;color:var(--soft)}
      """;

  private final ExplanatoryGraph graph;
  private final GraphPictures drawings;
  private final int[] shown;
  private final boolean[] isShown;

  private GraphPage(ExplanatoryGraph graph, List<BufferedImage> pictures, int perLayer) {
    this.graph = graph;
    this.drawings = GraphPictures.of(graph, graph.placements(), pictures);
    this.shown = choose(perLayer);
    this.isShown = new boolean[graph.nodes().size()];
    for (int id : shown) {
      isShown[id] = true;
    }
  }

  /**
   * The page of a graph.
   *
   * @param graph the graph
   * @param pictures those it was learned from, as people see them
   * @param perLayer how many nodes of a layer to show: the strongest of the lowest layer and those
   *     they are tied to most
   * @param overlays indices of the pictures that the graph is laid over
   * @param facts what it was learned from, at the top of the page
   * @return the whole HTML document
   * @throws IllegalArgumentException if the pictures are not as many as the graph was learned from
   */
  public static String of(
      ExplanatoryGraph graph,
      List<BufferedImage> pictures,
      int perLayer,
      int[] overlays,
      List<Fact> facts) {
    return new GraphPage(graph, pictures, perLayer).page(overlays, facts);
  }

  private int[] choose(int perLayer) {
    List<Integer> all = new ArrayList<>();
    int[] lower = new int[0];
    for (int l = 0; l < graph.layers().size(); l++) {
      Map<Integer, Integer> ties = new HashMap<>();
      for (int id : lower) {
        graph.nodes().get(id).neighbours().forEach(u -> ties.merge(u, 1, Integer::sum));
      }
      lower =
          Arrays.stream(graph.idsOf(l))
              .boxed()
              .filter(id -> graph.nodes().get(id).strength() > 0)
              .sorted(
                  Comparator.comparingInt((Integer id) -> -ties.getOrDefault(id, 0))
                      .thenComparingDouble(id -> -graph.nodes().get(id).strength()))
              .limit(perLayer)
              .mapToInt(id -> id)
              .toArray();
      Arrays.stream(lower).forEach(all::add);
    }
    return all.stream().sorted().mapToInt(id -> id).toArray();
  }

  private String page(int[] overlays, List<Fact> facts) {
    List<DomContent> cards = new ArrayList<>();
    if (shown.length == 0) {
      cards.add(
          article(
                  h2("No nodes"),
                  p("No filter of these layers fires differently in these pictures.")
                      .withClass("description"))
              .withClass("card"));
    } else {
      cards.add(map());
      for (int picture : overlays) {
        cards.add(laidOver(picture));
      }
      for (int id : shown) {
        cards.add(card(graph.nodes().get(id)));
      }
    }
    List<Fact> numbers = new ArrayList<>(facts);
    numbers.add(new Fact("Nodes", Integer.toString(graph.nodes().size())));
    numbers.add(new Fact("Edges", Integer.toString(graph.edges())));
    numbers.add(new Fact("Shown here", Integer.toString(shown.length)));
    return WebPage.of(
        "Explanatory graph",
        WebPage.look() + CSS,
        body(
            header(
                    div(
                            p(span().withClass("mark").attr("aria-hidden", "true"), span("interp"))
                                .withClass("brand"),
                            h1("Explanatory graph"),
                            p("The parts that are mixed in the filters of a network, found"
                                    + " without any label.")
                                .withClass("subtitle"),
                            facts(numbers, "tiles"))
                        .withClass("wrap"))
                .withClass("masthead"),
            main(each(cards, c -> c)).withId("main").withClass("wrap"),
            footer(
                    div(
                            p(
                                "Q. Zhang, R. Cao, F. Shi, Y. N. Wu, S.-C. Zhu:"
                                    + " Interpreting CNN knowledge via an explanatory"
                                    + " graph, AAAI 2018"),
                            p(graph.settings().toString()),
                            p(
                                "Made with interp. This page holds everything it shows and"
                                    + " loads nothing."))
                        .withClass("wrap"))
                .withClass("foot")));
  }

  private static DomContent facts(List<Fact> facts, String kind) {
    return dl(each(facts, f -> div(dt(f.name()), dd(f.value())))).withClass("facts " + kind);
  }

  /** Layers from top to bottom; within a layer nodes where they are in the pictures. */
  private DomContent map() {
    int band = 150;
    int width = 1000;
    int layers = graph.layers().size();
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg class=\"map\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Nodes by layer, and"
                + " what they are tied to\" xmlns=\"http://www.w3.org/2000/svg\">",
            width,
            band * layers));
    for (int id : shown) {
      GraphNode node = graph.nodes().get(id);
      for (int u : node.neighbours()) {
        if (isShown[u]) {
          double[] from = place(node, band, width);
          double[] to = place(graph.nodes().get(u), band, width);
          svg.append(
              String.format(
                  Locale.ROOT,
                  "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
                  from[0],
                  from[1],
                  to[0],
                  to[1]));
        }
      }
    }
    for (int l = 0; l < layers; l++) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"0\" y=\"%d\">%s</text>",
              band * (layers - 1 - l) + 16,
              j2html.utils.EscapeUtil.escape(graph.layers().get(l).name())));
    }
    for (int id : shown) {
      GraphNode node = graph.nodes().get(id);
      double[] at = place(node, band, width);
      svg.append(
          String.format(
              Locale.ROOT,
              "<a href=\"#node-%d\"><title>node %d, filter %d</title><circle cx=\"%.1f\""
                  + " cy=\"%.1f\" r=\"8\" fill=\"%s\" stroke=\"#000\"/></a>",
              id,
              id,
              node.filter(),
              at[0],
              at[1],
              hex(GraphPictures.colour(node.layer()))));
    }
    svg.append("</svg>");
    return article(
            header(
                h2("Nodes and what they are tied to"),
                p("The highest layer is at the top. From left to right, and within a layer from top"
                        + " to bottom, nodes are where they are in the pictures on average. Choose"
                        + " one to see what it stands for.")
                    .withClass("description")),
            div(rawHtml(svg.toString())).withClass("alone"))
        .withClass("card");
  }

  private double[] place(GraphNode node, int band, int width) {
    GraphLayer layer = graph.layers().get(node.layer());
    double top = band * (graph.layers().size() - 1.0 - node.layer());
    return new double[] {
      110 + (width - 130) * node.x() / layer.inputWidth(),
      top + 12 + (band - 30) * node.y() / layer.inputHeight()
    };
  }

  private DomContent laidOver(int picture) {
    List<BufferedImage> layers = drawings.overlay(shown, picture);
    List<DomContent> figures = new ArrayList<>();
    for (int k = 0; k < layers.size(); k++) {
      int layer = layers.size() - 1 - k;
      String name = graph.layers().get(layer).name();
      figures.add(
          figure(
              WebPage.image(layers.get(k), "Nodes of " + name + " in picture " + picture),
              figcaption(name)));
    }
    int lowest = 0;
    figures.add(
        figure(
            WebPage.image(
                drawings.heatmap(lowest, 100, picture),
                "Heat map of the nodes of " + graph.layers().get(lowest).name()),
            figcaption(
                "where the 100 strongest of " + graph.layers().get(lowest).name() + " are")));
    return article(
            header(
                h2("Picture " + picture),
                p("Dots are nodes, the larger the clearer; lines lead to where their neighbours in"
                        + " the next higher layer were found.")
                    .withClass("description")),
            div(each(figures, f -> f))
                .withClass("pictures of" + Math.min(4, figures.size()))
                .withStyle("margin-top:1rem"))
        .withClass("card")
        .withId("picture-" + picture);
  }

  private DomContent card(GraphNode node) {
    GraphLayer layer = graph.layers().get(node.layer());
    List<Integer> below =
        IntStream.of(shown)
            .boxed()
            .filter(id -> graph.nodes().get(id).neighbours().contains(node.id()))
            .toList();
    List<Integer> above = node.neighbours().stream().filter(u -> isShown[u]).toList();
    int hidden = node.neighbours().size() - above.size();
    List<Fact> told =
        List.of(
            new Fact("Layer, filter", layer.name() + ", " + node.filter()),
            new Fact(
                "Mean position", String.format(Locale.ROOT, "%.0f, %.0f px", node.x(), node.y())),
            new Fact("Position spread", String.format(Locale.ROOT, "%.1f px", node.spread())),
            new Fact(
                "Spread around its neighbours",
                String.format(Locale.ROOT, "%.1f px", node.sigma() * layer.stride())),
            new Fact("Strength", String.format(Locale.ROOT, "%.3g", node.strength())));
    return article(
            header(
                h2(
                    span()
                        .withClass("dot")
                        .withStyle("background:" + hex(GraphPictures.colour(node.layer()))),
                    span("Node " + node.id()))),
            div(
                    div(figure(
                            WebPage.image(
                                drawings.patches(node.id(), PATCHES, PATCH),
                                "Where node " + node.id() + " is clearest"),
                            figcaption("where it is clearest, the best first")))
                        .withClass("seen"),
                    div(
                            facts(told, "rows"),
                            iff(
                                !node.neighbours().isEmpty(),
                                section(
                                    p("tied to" + (hidden > 0 ? ", and " + hidden + " more" : "")),
                                    chips(above))),
                            iff(!below.isEmpty(), section(p("tied to it"), chips(below))))
                        .withClass("told"))
                .withClass("sides"))
        .withClass("card")
        .withId("node-" + node.id());
  }

  private static DomContent chips(List<Integer> ids) {
    return div(each(ids, id -> a("node " + id).withHref("#node-" + id))).withClass("chips");
  }

  private static String hex(Color colour) {
    return String.format("#%06x", colour.getRGB() & 0xffffff);
  }
}
