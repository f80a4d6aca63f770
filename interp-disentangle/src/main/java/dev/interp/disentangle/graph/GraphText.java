package dev.interp.disentangle.graph;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.core.network.ReceptiveField;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Graphs as text for other programs. */
final class GraphText {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private GraphText() {}

  static String json(ExplanatoryGraph graph) {
    ObjectNode root = JSON.createObjectNode();
    GraphSettings s = graph.settings();
    ObjectNode settings = root.putObject("settings");
    settings.put("patterns", s.patterns());
    settings.put("neighbours", s.neighbours());
    settings.put("noise", s.noise());
    settings.put("iterations", s.iterations());
    settings.put("candidates", s.candidates());
    settings.put("free_spread", s.freeSpread());
    settings.put("tied_spread", s.tiedSpread());
    settings.put("least", s.least());
    settings.put("seed", s.seed());
    ArrayNode layers = root.putArray("layers");
    for (int l = 0; l < graph.layers().size(); l++) {
      GraphLayer layer = graph.layers().get(l);
      ObjectNode node = layers.addObject();
      node.put("name", layer.name());
      node.put("filters", layer.filters());
      node.put("height", layer.height());
      node.put("width", layer.width());
      node.put("input_height", layer.inputHeight());
      node.put("input_width", layer.inputWidth());
      axis(node.putObject("rows"), layer.field().height());
      axis(node.putObject("columns"), layer.field().width());
      ArrayNode likelihoods = node.putArray("likelihoods");
      for (double value : graph.likelihoods(l)) {
        likelihoods.add(value);
      }
    }
    ArrayNode nodes = root.putArray("nodes");
    for (GraphNode n : graph.nodes()) {
      ObjectNode node = nodes.addObject();
      node.put("id", n.id());
      node.put("layer", n.layer());
      node.put("filter", n.filter());
      node.put("row", n.row());
      node.put("column", n.column());
      node.put("sigma", n.sigma());
      node.put("x", n.x());
      node.put("y", n.y());
      node.put("spread", n.spread());
      node.put("strength", n.strength());
      ArrayNode neighbours = node.putArray("neighbours");
      n.neighbours().forEach(neighbours::add);
    }
    return root + "\n";
  }

  private static void axis(ObjectNode node, ReceptiveField.Axis axis) {
    node.put("size", axis.size());
    node.put("stride", axis.stride());
    node.put("center", axis.center());
  }

  static ExplanatoryGraph read(String text) throws IOException {
    try {
      return graph(JSON.readTree(text));
    } catch (JacksonException e) {
      throw new IOException("the graph is no JSON, " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("the graph is damaged: " + e.getMessage(), e);
    }
  }

  private static ExplanatoryGraph graph(JsonNode root) {
    JsonNode s = field(root, "settings");
    GraphSettings settings =
        new GraphSettings(
            field(s, "patterns").asInt(),
            field(s, "neighbours").asInt(),
            field(s, "noise").asDouble(),
            field(s, "iterations").asInt(),
            field(s, "candidates").asInt(),
            field(s, "free_spread").asDouble(),
            field(s, "tied_spread").asDouble(),
            field(s, "least").asDouble(),
            field(s, "seed").asLong());
    List<GraphLayer> layers = new ArrayList<>();
    List<double[]> likelihoods = new ArrayList<>();
    for (JsonNode node : field(root, "layers")) {
      layers.add(
          new GraphLayer(
              field(node, "name").asText(),
              field(node, "filters").asInt(),
              field(node, "height").asInt(),
              field(node, "width").asInt(),
              new ReceptiveField(axis(field(node, "rows")), axis(field(node, "columns"))),
              field(node, "input_height").asInt(),
              field(node, "input_width").asInt()));
      double[] values = new double[field(node, "likelihoods").size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = field(node, "likelihoods").get(i).asDouble();
      }
      likelihoods.add(values);
    }
    List<GraphNode> nodes = new ArrayList<>();
    for (JsonNode node : field(root, "nodes")) {
      List<Integer> neighbours = new ArrayList<>();
      for (JsonNode neighbour : field(node, "neighbours")) {
        neighbours.add(neighbour.asInt(-1));
      }
      nodes.add(
          new GraphNode(
              field(node, "id").asInt(),
              field(node, "layer").asInt(),
              field(node, "filter").asInt(),
              field(node, "row").asDouble(),
              field(node, "column").asDouble(),
              field(node, "sigma").asDouble(),
              field(node, "x").asDouble(),
              field(node, "y").asDouble(),
              field(node, "spread").asDouble(),
              field(node, "strength").asDouble(),
              neighbours));
    }
    return ExplanatoryGraph.restored(settings, layers, nodes, likelihoods);
  }

  private static ReceptiveField.Axis axis(JsonNode node) {
    return new ReceptiveField.Axis(
        field(node, "size").asDouble(),
        field(node, "stride").asDouble(),
        field(node, "center").asDouble());
  }

  private static JsonNode field(JsonNode node, String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      throw new IllegalArgumentException("'" + name + "' is missing");
    }
    return value;
  }

  static String dot(ExplanatoryGraph graph) {
    StringBuilder out = new StringBuilder("digraph explanatory {\n  rankdir=TB;\n");
    for (int l = graph.layers().size() - 1; l >= 0; l--) {
      out.append("  subgraph cluster_").append(l).append(" {\n    label=\"");
      out.append(quoted(graph.layers().get(l).name())).append("\";\n");
      for (int id : graph.idsOf(l)) {
        GraphNode n = graph.nodes().get(id);
        out.append(
            String.format(
                Locale.ROOT,
                "    n%d [label=\"%d\\nfilter %d\", tooltip=\"(%.1f, %.1f) ± %.1f px\"];%n",
                id,
                id,
                n.filter(),
                n.x(),
                n.y(),
                n.spread()));
      }
      out.append("  }\n");
    }
    for (GraphNode n : graph.nodes()) {
      for (int neighbour : n.neighbours()) {
        out.append("  n").append(neighbour).append(" -> n").append(n.id()).append(";\n");
      }
    }
    return out.append("}\n").toString().replace("\r", "");
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  static String graphMl(ExplanatoryGraph graph) {
    StringBuilder out =
        new StringBuilder(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <graphml xmlns="http://graphml.graphdrawing.org/xmlns">
            <key id="layer" for="node" attr.name="layer" attr.type="string"/>
            <key id="filter" for="node" attr.name="filter" attr.type="int"/>
            <key id="x" for="node" attr.name="x" attr.type="double"/>
            <key id="y" for="node" attr.name="y" attr.type="double"/>
            <key id="sigma" for="node" attr.name="sigma" attr.type="double"/>
            <key id="spread" for="node" attr.name="spread" attr.type="double"/>
            <key id="strength" for="node" attr.name="strength" attr.type="double"/>
            <graph id="explanatory" edgedefault="directed">
            """);
    for (GraphNode n : graph.nodes()) {
      out.append("<node id=\"n").append(n.id()).append("\">");
      data(out, "layer", escaped(graph.layers().get(n.layer()).name()));
      data(out, "filter", Integer.toString(n.filter()));
      data(out, "x", Double.toString(n.x()));
      data(out, "y", Double.toString(n.y()));
      data(out, "sigma", Double.toString(n.sigma()));
      data(out, "spread", Double.toString(n.spread()));
      data(out, "strength", Double.toString(n.strength()));
      out.append("</node>\n");
    }
    for (GraphNode n : graph.nodes()) {
      for (int neighbour : n.neighbours()) {
        out.append("<edge source=\"n").append(neighbour).append("\" target=\"n").append(n.id());
        out.append("\"/>\n");
      }
    }
    return out.append("</graph>\n</graphml>\n").toString();
  }

  private static void data(StringBuilder out, String key, String value) {
    out.append("<data key=\"").append(key).append("\">").append(value).append("</data>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
