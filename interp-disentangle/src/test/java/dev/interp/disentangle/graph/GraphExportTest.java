package dev.interp.disentangle.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.visual.report.Fact;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class GraphExportTest {
  private static final SyntheticParts TRUTH =
      new SyntheticParts(new double[][] {{60, 60}, {160, 150}}, 12, 8, 8, 0.1, 1);
  private static ExplanatoryGraph graph;
  private static List<BufferedImage> pictures;

  @BeforeAll
  static void learn() throws IOException {
    int[][] filters = {{0}, {1}};
    graph =
        GraphLearner.withDefaults()
            .withSettings(GraphSettings.defaults().withSpreads(0.12, 0.12).withPatterns(6))
            .learn(
                List.of(TRUTH.maps("low & \"odd\"", 14, filters), TRUTH.maps("high", 14, filters)));
    pictures = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      BufferedImage picture = new BufferedImage(224, 224, BufferedImage.TYPE_INT_RGB);
      Graphics2D g = picture.createGraphics();
      Color[] colours = {Color.RED, Color.GREEN};
      for (int p = 0; p < 2; p++) {
        g.setColor(colours[p]);
        g.fillOval((int) TRUTH.partX[p][i] - 16, (int) TRUTH.partY[p][i] - 16, 32, 32);
      }
      g.dispose();
      pictures.add(picture);
    }
  }

  @Test
  void graphml_is_xml_with_all_nodes_and_edges() throws Exception {
    Document xml =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(graph.toGraphMl().getBytes(StandardCharsets.UTF_8)));
    assertThat(xml.getElementsByTagName("node").getLength()).isEqualTo(graph.nodes().size());
    assertThat(xml.getElementsByTagName("edge").getLength()).isEqualTo(graph.edges()).isPositive();
  }

  @Test
  void dot_names_nodes_and_edges_by_layer() {
    String dot = graph.toDot();
    assertThat(dot)
        .startsWith("digraph")
        .contains("label=\"low & \\\"odd\\\"\"")
        .contains("n0 -> ");
    assertThat(dot.lines().filter(l -> l.contains("->")).count()).isEqualTo(graph.edges());
  }

  @Test
  void damaged_json_is_refused() {
    String json = graph.toJson();
    assertThatThrownBy(() -> ExplanatoryGraph.ofJson(json.substring(0, json.length() / 2)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no JSON");
    assertThatThrownBy(() -> ExplanatoryGraph.ofJson("{}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'settings' is missing");
    assertThatThrownBy(() -> ExplanatoryGraph.ofJson(json.replace("\"filter\":1", "\"filter\":9")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not fit");
  }

  @Test
  void patches_show_the_part_of_the_node_in_their_middle() {
    GraphPictures drawings = GraphPictures.of(graph, graph.placements(), pictures);
    for (GraphNode node : graph.nodes()) {
      BufferedImage sheet = drawings.patches(node.id(), 4, 40);
      Color expected = node.filter() == 0 ? Color.RED : Color.GREEN;
      for (int k = 0; k < 4; k++) {
        assertThat(new Color(sheet.getRGB(k * 42 + 20, 20))).isEqualTo(expected);
      }
    }
  }

  @Test
  void a_picture_for_each_layer_with_a_dot_where_the_node_is() {
    GraphPictures drawings = GraphPictures.of(graph, graph.placements(), pictures);
    int[] all = graph.nodes().stream().mapToInt(GraphNode::id).toArray();
    List<BufferedImage> layers = drawings.overlay(all, 3);
    assertThat(layers).hasSize(2);
    GraphNode top = graph.nodes().get(0);
    int x = (int) graph.placements().x(top.id(), 3);
    int y = (int) graph.placements().y(top.id(), 3);
    assertThat(new Color(layers.get(0).getRGB(x, y))).isEqualTo(GraphPictures.colour(1));
    BufferedImage heat = drawings.heatmap(1, 10, 3);
    assertThat(heat.getWidth()).isEqualTo(224);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GraphPictures.of(graph, graph.placements(), pictures.subList(0, 3)));
  }

  @Test
  void each_link_of_the_page_has_its_target_and_nothing_is_loaded() {
    String page =
        GraphPage.of(graph, pictures, 3, new int[] {0}, List.of(new Fact("Data", "<parts>")));
    assertThat(page).contains("&lt;parts&gt;").doesNotContain("NaN").doesNotContain("<script");
    var links = java.util.regex.Pattern.compile("href=\"#([^\"]+)\"").matcher(page);
    int count = 0;
    while (links.find()) {
      assertThat(page).contains("id=\"" + links.group(1) + "\"");
      count++;
    }
    assertThat(count).isGreaterThanOrEqualTo(graph.nodes().size());
    assertThat(page.replaceAll("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:")
        .doesNotContain("https:");
  }

  @Test
  void a_graph_without_nodes_has_a_page_too() throws IOException {
    FeatureMaps flat = FeatureMaps.of(SyntheticParts.layer("flat", 1, 4), new float[12 * 16]);
    ExplanatoryGraph empty = GraphLearner.withDefaults().learn(List.of(flat));
    assertThat(GraphPage.of(empty, pictures, 3, new int[] {0}, List.of())).contains("No nodes");
    assertThat(empty.toDot()).contains("digraph");
  }
}
