package dev.interp.visual.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.data.Box;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class UnitSemanticsTest {
  private static final Preprocessor WAY = Preprocessor.none().withDivisor(255);

  /** Black with a red pixel, in even pictures a bright one, and a blue one that grows brighter. */
  private static PartDataset pictures() {
    List<PartImage> pictures = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int strength = 250 - 10 * i;
      int[] rgb = new int[12];
      rgb[i] = i % 2 == 0 ? strength << 16 : (strength << 16) / 4 & 0xff0000;
      rgb[11 - i] |= 10 * (i + 1);
      pictures.add(
          new PartImage(
              RgbImage.of(4, 3, rgb),
              i % 2,
              new Box(0, 0, 4, 3),
              List.of(),
              Optional.empty(),
              Map.of()));
    }
    return PartDataset.of(pictures, List.of("red", "other"), List.of());
  }

  /** Filters of red, of blue and a dead one. */
  private static Network network() {
    INDArray weights = Nd4j.zeros(3, 3, 1, 1);
    weights.putScalar(new int[] {0, 0, 0, 0}, 1);
    weights.putScalar(new int[] {1, 2, 0, 0}, 1);
    return Network.builder(3, 3, 4)
        .add("conv", new Op.Convolution(weights, null, Window.of(1, 1, 0), 1))
        .add("relu", new Op.Activation(new ActivationReLU()))
        .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .build();
  }

  private static StrongestUnits.Found find(StrongestUnits method, String layer) {
    return method.find(network(), List.of(layer), pictures(), WAY).get(0);
  }

  @Test
  void filters_are_strongest_where_their_colour_is() {
    StrongestUnits.Found found = find(StrongestUnits.withDefaults().withKept(4), "relu");

    assertThat(found.filters().get(0))
        .extracting(TopPictures.Shot::picture)
        .containsExactly(0, 2, 4, 6);
    assertThat(found.filters().get(0))
        .extracting(TopPictures.Shot::unit)
        .containsExactly(0, 2, 4, 6);
    assertThat(found.filters().get(0).get(1).activation()).isEqualTo(230 / 255f);
    assertThat(found.filters().get(1))
        .extracting(TopPictures.Shot::picture)
        .containsExactly(7, 6, 5, 4);
    assertThat(found.filters().get(1))
        .extracting(TopPictures.Shot::unit)
        .containsExactly(4, 5, 6, 7);
    assertThat(UnitSemantics.isSilent(found.filters().get(2))).isTrue();
    assertThat(find(StrongestUnits.withDefaults(), "mean").filters().get(1).get(0).unit()).isZero();
  }

  /** The four reddest pictures are of one class, the four bluest of two in equal parts. */
  @Test
  void entropy_is_none_for_one_class_and_a_bit_for_two() {
    StrongestUnits method = StrongestUnits.withDefaults().withKept(4).withDirections(5, 1);
    UnitSemantics semantics =
        UnitSemantics.of(find(method, "relu"), i -> pictures().get(i).label());

    assertThat(semantics.layer()).isEqualTo("relu");
    assertThat(semantics.units()).containsExactly(0.0, 1.0);
    assertThat(semantics.unitMean()).isEqualTo(0.5);
    assertThat(semantics.directions()).hasSizeBetween(1, 5);
  }

  /** A layer of one filter has two directions only: with it and against it. */
  @Test
  void directions_have_the_length_one_and_go_both_ways() {
    Network network =
        Network.builder(3, 3, 4)
            .add(
                "red",
                new Op.Convolution(
                    Nd4j.createFromArray(1f, 0, -1).reshape(1, 3, 1, 1),
                    null,
                    Window.of(1, 1, 0),
                    1))
            .build();
    StrongestUnits.Found found =
        StrongestUnits.withDefaults()
            .withKept(4)
            .withDirections(12, 3)
            .find(network, List.of("red"), pictures(), WAY)
            .get(0);

    List<TopPictures.Shot> with = found.filters().get(0);
    int same = 0;
    for (List<TopPictures.Shot> direction : found.directions()) {
      if (direction.get(0).picture() == with.get(0).picture()) {
        assertThat(direction).isEqualTo(with);
        same++;
      } else {
        assertThat(direction).extracting(TopPictures.Shot::picture).containsExactly(7, 6, 5, 4);
        assertThat(direction.get(0).activation()).isCloseTo(80 / 255f, within(1e-6f));
      }
    }
    assertThat(same).isBetween(1, 11);
  }

  @Test
  void batches_change_nothing_and_seeds_change_directions() {
    StrongestUnits method = StrongestUnits.withDefaults().withDirections(4, 2);
    StrongestUnits.Found found = find(method, "relu");
    assertThat(find(method.withBatchSize(3), "relu")).isEqualTo(found);
    StrongestUnits.Found other = find(method.withDirections(4, 3), "relu");
    assertThat(other.filters()).isEqualTo(found.filters());
    assertThat(other.directions()).isNotEqualTo(found.directions());
  }

  @Test
  void wrong_use_is_told_and_the_listener_can_cancel() {
    StrongestUnits method = StrongestUnits.withDefaults();
    assertThatIllegalArgumentException().isThrownBy(() -> method.withKept(0));
    assertThatIllegalArgumentException().isThrownBy(() -> method.withBatchSize(0));
    assertThatIllegalArgumentException().isThrownBy(() -> method.withDirections(-1, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> UnitSemantics.of(find(method, "relu"), i -> 0))
        .withMessageContaining("random directions");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                method.find(
                    network(),
                    List.of("relu"),
                    PartDataset.of(List.of(), List.of(), List.of()),
                    WAY))
        .withMessageContaining("at least 1 picture");
    assertThatThrownBy(() -> find(method.withProgress((done, total) -> false), "relu"))
        .isInstanceOf(CancellationException.class);
  }
}
