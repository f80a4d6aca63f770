package dev.interp.disentangle.graph;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An explanatory graph: nodes that stand for parts, tied to nodes of the next higher layer, and
 * where each is in the pictures that the graph was learned from. Immutable.
 */
public final class ExplanatoryGraph {
  private static final int BEST = 20;

  private final GraphSettings settings;
  private final List<GraphLayer> layers;
  private final List<GraphNode> nodes;
  private final Placements placements;
  private final List<double[]> likelihoods;

  private ExplanatoryGraph(
      GraphSettings settings,
      List<GraphLayer> layers,
      List<GraphNode> nodes,
      Placements placements,
      List<double[]> likelihoods) {
    this.settings = settings;
    this.layers = List.copyOf(layers);
    this.nodes = List.copyOf(nodes);
    this.placements = placements;
    this.likelihoods = List.copyOf(likelihoods);
  }

  static ExplanatoryGraph of(
      GraphSettings settings, List<GraphLayer> layers, List<LayerNodes> learned) {
    List<GraphNode> nodes = new ArrayList<>();
    Placements all = null;
    for (int l = layers.size() - 1; l >= 0; l--) {
      Patterns patterns = learned.get(l).patterns();
      Placements own = learned.get(l).placements();
      int[] filter = patterns.filterOf();
      for (int v = 0; v < patterns.size(); v++) {
        double[] moments = LayerNodes.moments(own, v);
        nodes.add(
            new GraphNode(
                nodes.size(),
                l,
                filter[v],
                patterns.row[v],
                patterns.column[v],
                patterns.sigma[v],
                moments[0],
                moments[1],
                moments[2],
                own.strength(v, BEST),
                LayerNodes.list(patterns.neighbours[v])));
      }
      all = all == null ? own : all.plus(own);
    }
    return new ExplanatoryGraph(
        settings,
        layers,
        nodes,
        java.util.Objects.requireNonNull(all),
        learned.stream().map(LayerNodes::likelihoods).toList());
  }

  /**
   * How it was learned.
   *
   * @return the settings
   */
  public GraphSettings settings() {
    return settings;
  }

  /**
   * The layers.
   *
   * @return the lowest first
   */
  public List<GraphLayer> layers() {
    return layers;
  }

  /**
   * The nodes.
   *
   * @return by id: those of the highest layer first, by filter
   */
  public List<GraphNode> nodes() {
    return nodes;
  }

  /**
   * The number of edges.
   *
   * @return the sum of neighbours over nodes
   */
  public int edges() {
    return nodes.stream().mapToInt(n -> n.neighbours().size()).sum();
  }

  /**
   * Where the nodes are in the pictures learned from.
   *
   * @return one pattern for each node, by id
   */
  public Placements placements() {
    return placements;
  }

  /**
   * The logarithm of the likelihood before each iteration, divided by the sum of activations.
   *
   * @param layer index of the layer
   * @return a copy
   */
  public double[] likelihoods(int layer) {
    return likelihoods.get(layer).clone();
  }

  /**
   * The ids of a layer's nodes.
   *
   * @param layer its index
   * @return in ascending order
   */
  public int[] idsOf(int layer) {
    return nodes.stream().filter(n -> n.layer() == layer).mapToInt(GraphNode::id).toArray();
  }

  /**
   * The clearest nodes of a layer.
   *
   * @param layer its index
   * @param count how many at most
   * @return ids, the node with the largest {@link GraphNode#strength} first
   */
  public int[] strongest(int layer, int count) {
    return nodes.stream()
        .filter(n -> n.layer() == layer && n.strength() > 0)
        .sorted(Comparator.comparingDouble(n -> -n.strength()))
        .limit(count)
        .mapToInt(GraphNode::id)
        .toArray();
  }

  /**
   * A graph of the clearest nodes of each layer and the edges between them.
   *
   * @param perLayer how many at most
   * @return a graph with ids of its own
   */
  public ExplanatoryGraph strongest(int perLayer) {
    int[] chosen =
        IntStream.range(0, layers.size())
            .flatMap(l -> Arrays.stream(strongest(l, perLayer)))
            .sorted()
            .toArray();
    int[] newId = new int[nodes.size()];
    Arrays.fill(newId, -1);
    for (int k = 0; k < chosen.length; k++) {
      newId[chosen[k]] = k;
    }
    List<GraphNode> kept = new ArrayList<>();
    for (int id : chosen) {
      GraphNode n = nodes.get(id);
      kept.add(
          new GraphNode(
              newId[id],
              n.layer(),
              n.filter(),
              n.row(),
              n.column(),
              n.sigma(),
              n.x(),
              n.y(),
              n.spread(),
              n.strength(),
              n.neighbours().stream().map(u -> newId[u]).filter(u -> u >= 0).toList()));
    }
    return new ExplanatoryGraph(settings, layers, kept, placements.ofPatterns(chosen), likelihoods);
  }

  /**
   * Finds the nodes in other pictures.
   *
   * @param maps of the same layers, the lowest first, of the same pictures, normalised as those the
   *     graph was learned from
   * @return one pattern for each node, by id
   * @throws IllegalArgumentException if the layers or the numbers of pictures differ
   */
  public Placements place(List<FeatureMaps> maps) {
    List<GraphLayer> own = maps.stream().map(FeatureMaps::layer).toList();
    if (!own.equals(layers)
        || maps.stream().mapToInt(FeatureMaps::pictures).distinct().count() != 1) {
      throw new IllegalArgumentException(
          "the maps must be of the layers of the graph, the lowest first, and of the same pictures;"
              + " the graph has "
              + layers
              + ", the maps are of "
              + own);
    }
    Placements all = null;
    Placements higher = null;
    int firstHigher = 0;
    int first = 0;
    for (int l = layers.size() - 1; l >= 0; l--) {
      int from = first;
      int[] ids = idsOf(l);
      Above above = Above.nothing(maps.get(l).pictures());
      int[] used =
          Arrays.stream(ids)
              .flatMap(id -> nodes.get(id).neighbours().stream().mapToInt(u -> u))
              .sorted()
              .distinct()
              .toArray();
      if (higher != null && used.length > 0) {
        int base = firstHigher;
        above =
            LayerNodes.above(
                layers.get(l + 1),
                layers.get(l),
                higher,
                Arrays.stream(used).map(u -> u - base).toArray(),
                base,
                Arrays.stream(used).mapToDouble(u -> nodes.get(u).x()).toArray(),
                Arrays.stream(used).mapToDouble(u -> nodes.get(u).y()).toArray(),
                Arrays.stream(used).mapToDouble(u -> nodes.get(u).sigma()).toArray());
      }
      Placements placed = LayerNodes.place(maps.get(l), above, settings, patterns(l, ids, used));
      all = all == null ? placed : all.plus(placed);
      higher = placed;
      firstHigher = from;
      first += ids.length;
    }
    return java.util.Objects.requireNonNull(all);
  }

  private Patterns patterns(int layer, int[] ids, int[] used) {
    int[] start = new int[layers.get(layer).filters() + 1];
    for (int id : ids) {
      start[nodes.get(id).filter() + 1]++;
    }
    for (int f = 1; f < start.length; f++) {
      start[f] += start[f - 1];
    }
    return new Patterns(
        start,
        Arrays.stream(ids).mapToDouble(id -> nodes.get(id).row()).toArray(),
        Arrays.stream(ids).mapToDouble(id -> nodes.get(id).column()).toArray(),
        Arrays.stream(ids).mapToDouble(id -> nodes.get(id).sigma()).toArray(),
        Arrays.stream(ids)
            .mapToObj(
                id ->
                    nodes.get(id).neighbours().stream()
                        .mapToInt(u -> Arrays.binarySearch(used, u))
                        .toArray())
            .toArray(int[][]::new));
  }

  /**
   * The graph as JSON: settings, layers and nodes, without the placements.
   *
   * @return one line of text; {@link #ofJson} reads it
   */
  public String toJson() {
    return GraphText.json(this);
  }

  /**
   * Reads a graph that {@link #toJson} has written. It places its nodes in new pictures as before,
   * but knows nothing of the pictures it was learned from: its placements are of no picture.
   *
   * @param text the JSON
   * @return the graph
   * @throws IOException if the text is damaged
   */
  public static ExplanatoryGraph ofJson(String text) throws IOException {
    return GraphText.read(text);
  }

  /**
   * The graph for Graphviz, one box per layer; readable for some hundred nodes.
   *
   * @return text in the DOT language
   */
  public String toDot() {
    return GraphText.dot(this);
  }

  /**
   * The graph as GraphML.
   *
   * @return an XML document
   */
  public String toGraphMl() {
    return GraphText.graphMl(this);
  }

  static ExplanatoryGraph restored(
      GraphSettings settings,
      List<GraphLayer> layers,
      List<GraphNode> nodes,
      List<double[]> likelihoods) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("there is no layer");
    }
    for (int i = 0; i < nodes.size(); i++) {
      GraphNode n = nodes.get(i);
      if (n.id() != i
          || n.filter() < 0
          || n.filter() >= layers.get(n.layer()).filters()
          || !(n.sigma() > 0)
          || (i > 0 && n.layer() > nodes.get(i - 1).layer())
          || n.neighbours().stream()
              .anyMatch(u -> u < 0 || u >= nodes.size() || nodes.get(u).layer() != n.layer() + 1)) {
        throw new IllegalArgumentException("node " + i + " does not fit: " + n);
      }
    }
    GraphLayer any = layers.get(0);
    float[][] none = new float[nodes.size()][0];
    return new ExplanatoryGraph(
        settings,
        layers,
        nodes,
        new Placements(0, any.inputWidth(), any.inputHeight(), none, none, none),
        likelihoods);
  }
}
