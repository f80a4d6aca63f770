package dev.interp.disentangle.dissect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interp.core.network.ReceptiveField;
import dev.interp.visual.gallery.TopPictures;
import java.util.Map;

/** Dissections as JSON. */
public final class DissectionJson {
  private DissectionJson() {}

  /**
   * A layer with all its filters and concepts.
   *
   * @param layer the dissection of a layer
   * @return an object owned by the caller; no number in it is NaN or infinite
   */
  public static ObjectNode of(LayerDissection layer) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("layer", layer.layer());
    node.put("filters", layer.filters().size());
    node.put("dead_filters", layer.deadFilters());
    node.put("pictures", layer.pictures());
    node.put("height", layer.height());
    node.put("width", layer.width());
    field(node.putObject("receptive_field"), layer.field());
    node.put("part_interpretability", layer.partInterpretability());
    put(node.putObject("detectors"), layer.detectors());
    layer.rotated().ifPresent(rotated -> put(node.putObject("rotated"), rotated));
    ArrayNode concepts = node.putArray("concepts");
    for (int c = 0; c < layer.overlap().concepts().size(); c++) {
      Concept concept = layer.overlap().concepts().get(c);
      concepts
          .addObject()
          .put("name", concept.name())
          .put("category", concept.category())
          .put("pictures", layer.overlap().pictures(c))
          .put("pixels", layer.overlap().pixels(c));
    }
    ArrayNode filters = node.putArray("units");
    layer.filters().forEach(filter -> put(filters.addObject(), filter, layer));
    return node;
  }

  private static void field(ObjectNode node, ReceptiveField field) {
    node.put("height", field.height().size());
    node.put("width", field.width().size());
    node.put("stride", field.height().stride());
  }

  private static void put(ObjectNode node, LayerDissection.Detectors detectors) {
    node.put("detectors", detectors.count());
    node.put("unique", detectors.unique());
    node.put("mean_best_iou", detectors.meanBest());
    ObjectNode byCategory = node.putObject("by_category");
    for (Map.Entry<String, Integer> entry : detectors.byCategory().entrySet()) {
      byCategory
          .putObject(entry.getKey())
          .put("detectors", entry.getValue())
          .put("unique", detectors.uniqueByCategory().getOrDefault(entry.getKey(), 0));
    }
  }

  private static void put(ObjectNode node, LayerDissection.Filter filter, LayerDissection layer) {
    node.put("unit", filter.filter());
    node.put("threshold", filter.threshold());
    node.put("largest", filter.largest());
    node.put("detector", filter.isDetector());
    filter
        .best()
        .ifPresent(
            best -> {
              node.put("concept", best.concept().name());
              node.put("category", best.concept().category());
              node.put("iou", best.score());
            });
    filter
        .part()
        .ifPresent(
            part -> {
              node.put("part", part.concept().name());
              node.put("part_interpretability", part.score());
            });
    ArrayNode top = node.putArray("top");
    for (TopPictures.Shot shot : filter.top()) {
      top.addObject()
          .put("picture", shot.picture())
          .put("activation", shot.activation())
          .put("row", shot.unit() / layer.width())
          .put("column", shot.unit() % layer.width());
    }
  }
}
