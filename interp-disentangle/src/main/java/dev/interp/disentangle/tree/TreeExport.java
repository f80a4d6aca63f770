package dev.interp.disentangle.tree;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Decision trees in formats that other programs read. The same tree gives the same text.
 *
 * @param tree the tree
 * @param parts of the filters; empty if nothing is known of parts
 */
public record TreeExport(DecisionTree tree, Optional<PartAssignment> parts) {
  private static final int STRONGEST = 8;
  private static final String NAMESPACE = "http://graphml.graphdrawing.org/xmlns";

  /** What the pictures of a node owe to a part, on average. */
  private double[] partMeans(TreeNode node) {
    PartAssignment own = parts.orElseThrow();
    double[] sums = new double[own.parts().size()];
    for (int i : node.members()) {
      double[] one = own.contributions(node.contributions(tree.rationales().all().get(i)));
      for (int p = 0; p < sums.length; p++) {
        sums[p] += one[p] / node.members().size();
      }
    }
    return sums;
  }

  /** Mean contributions of parts of a node, none without parts or for the root. */
  double[] partsOf(TreeNode node) {
    return parts.isEmpty() || node.id() == tree.root().id() ? new double[0] : partMeans(node);
  }

  private int level(TreeNode node) {
    List<TreeNode> path = tree.path(node.members().get(0));
    for (int i = 0; i < path.size(); i++) {
      if (path.get(i).id() == node.id()) {
        return i + 1;
      }
    }
    throw new IllegalStateException("node " + node.id() + " does not cover its own pictures");
  }

  /**
   * The tree as JSON: nodes with their pictures, biases, gains, strongest filters and parts, and
   * the score and rationale of every picture in short.
   *
   * @return an object owned by the caller; no number in it is NaN or infinite
   */
  public ObjectNode json() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("layer", tree.rationales().layer());
    json.put("filters", tree.rationales().filters());
    json.put("dead_filters", tree.rationales().deadFilters().size());
    json.put("pictures", tree.rationales().all().size());
    json.put("pictures_without_rationale", tree.rationales().silent().size());
    json.put("depth", tree.depth());
    json.put("modes", tree.modes().size());
    ArrayNode gains = json.putArray("gains");
    tree.gains().forEach(gains::add);
    parts.ifPresent(
        own -> {
          ArrayNode names = json.putArray("parts");
          own.parts().forEach(names::add);
          ArrayNode of = json.putArray("part_of_filter");
          own.partOf().forEach(of::add);
        });
    ArrayNode nodes = json.putArray("nodes");
    tree.nodes().forEach(node -> put(nodes.addObject(), node));
    ArrayNode pictures = json.putArray("rationales");
    for (Rationale one : tree.rationales().all()) {
      pictures
          .addObject()
          .put("picture", one.picture())
          .put("score", one.score() * one.norm())
          .put("norm", one.norm())
          .put("bias", one.bias());
    }
    return json;
  }

  private void put(ObjectNode json, TreeNode node) {
    json.put("id", node.id());
    json.put("level", level(node));
    ArrayNode children = json.putArray("children");
    node.children().forEach(children::add);
    ArrayNode pictures = json.putArray("pictures");
    node.members().forEach(i -> pictures.add(tree.rationales().all().get(i).picture()));
    if (node.id() == tree.root().id()) {
      return;
    }
    json.put("bias", node.bias());
    json.put("gain", node.gain());
    json.put("filters_used", node.filters());
    double[] mean = contributions(node);
    ArrayNode filters = json.putArray("strongest_filters");
    for (int d : strongest(mean)) {
      filters
          .addObject()
          .put("filter", d)
          .put("weight", node.weights()[d])
          .put("contribution", mean[d]);
    }
    double[] own = partsOf(node);
    if (own.length > 0) {
      ObjectNode byPart = json.putObject("part_contributions");
      for (int p = 0; p < own.length; p++) {
        byPart.put(parts.orElseThrow().parts().get(p), own[p]);
      }
    }
  }

  private double[] contributions(TreeNode node) {
    double[] mean = new double[tree.rationales().filters()];
    for (int i : node.members()) {
      double[] own = node.contributions(tree.rationales().all().get(i));
      for (int d = 0; d < mean.length; d++) {
        mean[d] += own[d] / node.members().size();
      }
    }
    return mean;
  }

  private static List<Integer> strongest(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .filter(d -> values[d] != 0)
        .sorted(Comparator.comparingDouble((Integer d) -> -Math.abs(values[d])))
        .limit(STRONGEST)
        .toList();
  }

  /**
   * The tree as GraphML, with level, number of pictures, bias, gain and contributions of parts as
   * data of nodes.
   *
   * @return an XML document
   */
  public String graphMl() {
    List<String> partNames = parts.map(PartAssignment::parts).orElse(List.of());
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("graphml");
      xml.writeDefaultNamespace(NAMESPACE);
      List<String> keys = new ArrayList<>(List.of("level", "pictures", "bias", "gain"));
      partNames.forEach(name -> keys.add("part " + name));
      for (int k = 0; k < keys.size(); k++) {
        xml.writeEmptyElement("key");
        xml.writeAttribute("id", "d" + k);
        xml.writeAttribute("for", "node");
        xml.writeAttribute("attr.name", keys.get(k));
        xml.writeAttribute("attr.type", k < 2 ? "int" : "double");
      }
      xml.writeStartElement("graph");
      xml.writeAttribute("id", "tree");
      xml.writeAttribute("edgedefault", "directed");
      for (TreeNode node : tree.nodes()) {
        xml.writeStartElement("node");
        xml.writeAttribute("id", "n" + node.id());
        data(xml, 0, Integer.toString(level(node)));
        data(xml, 1, Integer.toString(node.members().size()));
        data(xml, 2, Double.toString(node.bias()));
        data(xml, 3, Double.toString(node.gain()));
        double[] own = partsOf(node);
        for (int p = 0; p < own.length; p++) {
          data(xml, 4 + p, Double.toString(own[p]));
        }
        xml.writeEndElement();
      }
      for (TreeNode node : tree.nodes()) {
        for (int child : node.children()) {
          xml.writeEmptyElement("edge");
          xml.writeAttribute("source", "n" + node.id());
          xml.writeAttribute("target", "n" + child);
        }
      }
      xml.writeEndElement();
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("a StringWriter does not fail", e);
    }
    return text + "\n";
  }

  private static void data(XMLStreamWriter xml, int key, String value) throws XMLStreamException {
    xml.writeStartElement("data");
    xml.writeAttribute("key", "d" + key);
    xml.writeCharacters(value);
    xml.writeEndElement();
  }

  /**
   * The tree for Graphviz.
   *
   * @return a DOT document
   */
  public String dot() {
    StringBuilder dot = new StringBuilder("digraph tree {\n  rankdir=LR;\n  node [shape=box];\n");
    for (TreeNode node : tree.nodes()) {
      dot.append("  n")
          .append(node.id())
          .append(" [label=\"")
          .append(label(node).replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"))
          .append("\"];\n");
    }
    for (TreeNode node : tree.nodes()) {
      if (!node.children().isEmpty()) {
        dot.append("  n")
            .append(node.id())
            .append(" -> {")
            .append(
                node.children().stream().map(child -> "n" + child).collect(Collectors.joining(" ")))
            .append("};\n");
      }
    }
    return dot.append("}\n").toString();
  }

  /** What a node is called: how many pictures, and its strongest parts. */
  String label(TreeNode node) {
    if (node.isLeaf()) {
      return "picture " + tree.rationales().all().get(node.members().get(0)).picture();
    }
    String pictures = node.members().size() + " pictures";
    double[] own = partsOf(node);
    String strong =
        own.length == 0
            ? ""
            : IntStream.range(0, own.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer p) -> -own[p]))
                .limit(2)
                .filter(p -> own[p] > 0)
                .map(
                    p ->
                        String.format(
                            Locale.ROOT, "%s %.2f", parts.orElseThrow().parts().get(p), own[p]))
                .collect(Collectors.joining(", "));
    return strong.isEmpty() ? pictures : pictures + "\n" + strong;
  }
}
