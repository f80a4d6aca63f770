package dev.interp.disentangle.dissect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interp.core.data.PartImage;
import dev.interp.core.metric.PartInterpretability;
import dev.interp.core.network.Network;
import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.UnitInterpolation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class DissectionTest {
  private static final ConceptSource PARTS = Concepts.parts(Scenes.PARTS);
  private static final Dissection METHOD = Dissection.withDefaults().withBatchSize(5);

  @Test
  void filters_that_are_concepts_overlap_them_exactly_and_a_rotation_destroys_that() {
    LayerDissection found =
        METHOD
            .withRotation(3)
            .withDetectorLimit(0.5)
            .run(Scenes.network(), List.of("maps"), Scenes.pictures(24, 1), PARTS)
            .get(0);

    assertThat(found.overlap().iou(0, 0)).isEqualTo(1);
    assertThat(found.overlap().iou(1, 1)).isEqualTo(1);
    assertThat(found.overlap().marks(0, 0)).isEqualTo(1);
    assertThat(found.filters().get(0).best().orElseThrow())
        .isEqualTo(new LayerDissection.Match(new Concept("head", "part"), 1));
    assertThat(found.filters().get(1).part().orElseThrow().concept().name()).isEqualTo("tail");
    assertThat(found.detectors().count()).isEqualTo(2);
    assertThat(found.detectors().unique()).isEqualTo(2);
    assertThat(found.detectors().uniqueByCategory()).containsExactly(Map.entry("part", 2));
    assertThat(found.bestDetectors()).extracting(LayerDissection.Filter::filter).contains(0, 1);
    LayerDissection.Detectors rotated = found.rotated().orElseThrow();
    assertThat(rotated.unique()).isZero();
  }

  @Test
  void noise_detects_nothing_and_dead_filters_are_told() {
    LayerDissection found =
        METHOD.run(Scenes.network(), List.of("maps"), Scenes.pictures(24, 1), PARTS).get(0);

    assertThat(found.filters().subList(2, 43)).noneMatch(LayerDissection.Filter::isDetector);
    assertThat(found.deadFilters()).isEqualTo(1);
    assertThat(found.filters().get(42).best()).isEmpty();
    assertThat(found.filters().get(42).threshold()).isZero();
  }

  @Test
  void overlaps_are_those_of_maps_interpolated_at_every_pixel() {
    Random random = new Random(4);
    int filters = 3;
    int h = 5;
    int w = 4;
    ReceptiveField field =
        new ReceptiveField(new ReceptiveField.Axis(11, 8, 5.5), new ReceptiveField.Axis(9, 9, 3));
    float[] thresholds = {0.5f, 1.2f, -0.4f};
    ConceptOverlap fast = new ConceptOverlap(thresholds, PARTS.concepts());
    PartInterpretability core = new PartInterpretability(thresholds, Scenes.PARTS);
    long[][] common = new long[filters][2];
    long[] marked = new long[filters];
    long[] pixels = new long[2];
    for (PartImage picture : Scenes.pictures(6, 9).data().stream().toList()) {
      float[] maps = new float[h * w * filters];
      INDArray publicMaps = Nd4j.zeros(1, filters, h, w);
      for (int i = 0; i < maps.length; i++) {
        maps[i] = (float) random.nextGaussian();
        publicMaps.putScalar(new int[] {0, i % filters, i / filters / w, i / filters % w}, maps[i]);
      }
      List<short[]> planes = PARTS.label(picture);
      fast.add(maps, h, w, field, 38, 42, planes, Scenes.SIDE, Scenes.SIDE);
      core.add(publicMaps, field, new long[] {3, 38, 42}, List.of(picture));
      UnitInterpolation rows = new UnitInterpolation(field.height(), h, 38, Scenes.SIDE);
      UnitInterpolation columns = new UnitInterpolation(field.width(), w, 42, Scenes.SIDE);
      for (int f = 0; f < filters; f++) {
        float[] map = new float[h * w];
        for (int c = 0; c < map.length; c++) {
          map[c] = maps[c * filters + f];
        }
        boolean[] region = FilterSheet.region(map, rows, columns, thresholds[f]);
        for (int p = 0; p < region.length; p++) {
          int concept = planes.get(0)[p];
          pixels[Math.max(0, concept)] += f == 0 && concept >= 0 ? 1 : 0;
          marked[f] += region[p] ? 1 : 0;
          common[f][Math.max(0, concept)] += region[p] && concept >= 0 ? 1 : 0;
        }
      }
    }
    for (int f = 0; f < filters; f++) {
      for (int c = 0; c < 2; c++) {
        assertThat(fast.iou(f, c))
            .isEqualTo((double) common[f][c] / (marked[f] + pixels[c] - common[f][c]));
        assertThat(fast.marks(f, c)).isEqualTo(core.perPart()[f][c]);
      }
    }
  }

  @Test
  void halves_merged_equal_the_whole() throws IOException {
    Network network = Scenes.network();
    Pictures whole = Scenes.pictures(13, 2);
    Pictures first = Pictures.of(whole.data().slice(0, 6), Scenes.WAY);
    Pictures second = Pictures.of(whole.data().slice(6, 13), Scenes.WAY);
    List<String> layers = List.of("maps", "coarse");

    Map<String, ActivationQuantiles> all = METHOD.quantiles(network, layers, whole);
    Map<String, ActivationQuantiles> one = METHOD.quantiles(network, layers, first);
    Map<String, ActivationQuantiles> two = METHOD.quantiles(network, layers, second);
    for (String layer : layers) {
      ActivationQuantiles merged = of(one, layer).merge(of(two, layer));
      assertThat(bytes(merged)).isEqualTo(bytes(of(all, layer)));
      Map<String, float[]> thresholds = Map.of(layer, merged.quantiles(0.005));
      ConceptOverlap together = of(METHOD.overlaps(network, thresholds, whole, PARTS), layer);
      ConceptOverlap apart =
          of(METHOD.overlaps(network, thresholds, second, PARTS), layer)
              .merge(of(METHOD.overlaps(network, thresholds, first, PARTS), layer));
      assertThat(bytes(apart)).isEqualTo(bytes(together));
    }
  }

  private static <T> T of(Map<String, T> map, String layer) {
    return java.util.Objects.requireNonNull(map.get(layer));
  }

  private static byte[] bytes(ActivationQuantiles quantiles) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    quantiles.write(out);
    return out.toByteArray();
  }

  private static byte[] bytes(ConceptOverlap overlap) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    overlap.write(out);
    return out.toByteArray();
  }

  @Test
  void batches_and_layers_beside_change_nothing() {
    Network network = Scenes.network();
    Pictures pictures = Scenes.pictures(11, 5);
    LayerDissection alone =
        METHOD.withBatchSize(1).run(network, List.of("coarse"), pictures, PARTS).get(0);
    LayerDissection beside =
        METHOD.withBatchSize(8).run(network, List.of("maps", "coarse"), pictures, PARTS).get(1);

    assertThat(DissectionJson.of(alone)).isEqualTo(DissectionJson.of(beside));
  }

  @Test
  void layers_without_extent_and_unknown_ones_are_refused() {
    Pictures pictures = Scenes.pictures(2, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> METHOD.run(Scenes.network(), List.of("mean"), pictures, PARTS))
        .withMessageContaining("must have spatial extent")
        .withMessageContaining("maps, coarse");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> METHOD.run(Scenes.network(), List.of("none"), pictures, PARTS))
        .withMessageContaining("none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> METHOD.run(Scenes.network(), List.of(), pictures, PARTS));
  }

  @Test
  void cropped_pictures_are_refused() {
    Pictures cropped = Pictures.of(Scenes.pictures(2, 1).data(), Scenes.WAY.withCrop(30, 40));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> METHOD.run(Scenes.network(), List.of("maps"), cropped, PARTS))
        .withMessageContaining("cropping");
  }

  @Test
  void one_picture_constant_pictures_and_unlabelled_concepts_give_empty_results_without_nan() {
    for (Pictures pictures :
        List.of(Scenes.pictures(1, 1), Scenes.constant(12), Scenes.constant(1))) {
      LayerDissection found =
          METHOD.withRotation(1).run(Scenes.network(), List.of("maps"), pictures, PARTS).get(0);
      assertThat(found.detectors().count()).isZero();
      assertThat(found.filters()).allMatch(f -> f.best().isEmpty() && f.part().isEmpty());
      assertThat(found.partInterpretability()).isZero();
      assertThat(DissectionJson.of(found).toString()).doesNotContain("NaN", "Infinity");
    }
  }

  @Test
  void the_listener_is_told_of_both_passes_and_can_cancel() {
    List<Long> done = new ArrayList<>();
    METHOD
        .withProgress(
            (now, total) -> {
              done.add(now);
              assertThat(total).isEqualTo(14);
              return true;
            })
        .run(Scenes.network(), List.of("maps"), Scenes.pictures(7, 1), PARTS);
    assertThat(done).containsExactly(5L, 7L, 12L, 14L);
    assertThatThrownBy(
            () ->
                METHOD
                    .withProgress((now, total) -> now < 6)
                    .run(Scenes.network(), List.of("maps"), Scenes.pictures(7, 1), PARTS))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void settings_are_checked() {
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withQuantile(0));
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withQuantile(Double.NaN));
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withDetectorLimit(1));
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withBatchSize(0));
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withTopPictures(0));
    assertThatIllegalArgumentException().isThrownBy(() -> METHOD.withFewestPictures(0));
    assertThatIllegalArgumentException().isThrownBy(() -> Concepts.parts(List.of()));
    assertThatIllegalArgumentException().isThrownBy(() -> PARTS.plus(PARTS));
  }

  @Test
  void the_sheet_darkens_what_a_filter_does_not_mark() {
    Network network = Scenes.network();
    Pictures pictures = Scenes.pictures(12, 7);
    LayerDissection layer = METHOD.run(network, List.of("maps"), pictures, PARTS).get(0);
    var sheet = FilterSheet.of(network, layer, layer.filters().get(0), pictures, 3);

    assertThat(sheet.getWidth()).isEqualTo(3 * 116 - 4);
    int bright = 0;
    for (int y = 0; y < 112; y++) {
      for (int x = 0; x < 112; x++) {
        bright += (sheet.getRGB(x, y) >> 16 & 255) > 102 ? 1 : 0;
      }
    }
    // The head has 4 by 2 of 40 by 40 pixels; its edge is drawn inside.
    assertThat(bright / (112 * 112.0)).isBetween(0.002, 0.02);
  }
}
