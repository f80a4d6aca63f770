package dev.interp.core.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.interp.core.data.Box;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

final class LocationInstabilityTest {
  private static Landmark at(double x, double y) {
    return new Landmark("head", x, y, true);
  }

  private static void add(LocationInstability metric, double activation, double x, double y) {
    metric.add(
        new double[] {activation}, new double[] {x}, new double[] {y}, List.of(at(0, 0)), 30, 40);
  }

  @Test
  void three_pictures_are_as_solved_by_hand() {
    LocationInstability metric = new LocationInstability(1, 1);
    add(metric, 1, 3, 4); // 5 pixels
    add(metric, 2, 0, 10);
    add(metric, 3, 9, 12); // 15
    // Distances 0.1, 0.2, 0.3 of the diagonal 50: the deviation with N − 1 is 0.1.
    assertThat(metric.perFilter()).containsExactly(new double[] {0.1}, within(1e-15));
    assertThat(metric.mean()).isCloseTo(0.1, within(1e-15));
  }

  @Test
  void the_mean_is_over_landmarks_and_hidden_ones_do_not_count() {
    LocationInstability metric = new LocationInstability(1, 3);
    double[] one = {1};
    for (int i = 0; i < 2; i++) {
      metric.add(
          one,
          new double[] {10 * i},
          new double[] {0},
          List.of(at(0, 0), at(10 * i, 0), new Landmark("foot", 0, 7, i == 0)),
          30,
          40);
    }
    // To the first 0 and 0.2: deviation 0.2 / √2; to the second always 0; the third is seen once.
    assertThat(metric.mean()).isCloseTo(0.1 / Math.sqrt(2), within(1e-15));
  }

  @Test
  void only_the_hundred_strongest_pictures_count() {
    LocationInstability metric = new LocationInstability(1, 1);
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      add(metric, 0.1, 20 * random.nextDouble(), 0);
    }
    for (int i = 0; i < 100; i++) {
      add(metric, 1, 8, 0);
    }
    assertThat(metric.mean()).isZero();
  }

  @Test
  void less_than_two_pictures_give_nothing() {
    LocationInstability metric = new LocationInstability(1, 1);
    assertThat(metric.mean()).isNaN();
    add(metric, 1, 3, 4);
    assertThat(metric.perFilter()).containsExactly(Double.NaN);
  }

  @Test
  void parts_merge_to_the_whole_in_any_order() {
    Random random = new Random(2);
    LocationInstability whole = new LocationInstability(1, 1);
    LocationInstability left = new LocationInstability(1, 1);
    LocationInstability right = new LocationInstability(1, 1);
    for (int i = 0; i < 300; i++) {
      double activation = random.nextInt(40);
      double x = 30 * random.nextDouble();
      add(whole, activation, x, 0);
      add(i % 3 == 0 ? left : right, activation, x, 0);
    }
    assertThat(left.merge(right).mean()).isEqualTo(whole.mean());
    assertThat(right.merge(left).mean()).isEqualTo(whole.mean());
  }

  @Test
  void of_several_categories_the_most_stable_counts() {
    LocationInstability still = new LocationInstability(1, 1);
    LocationInstability restless = new LocationInstability(1, 1);
    for (int i = 0; i < 3; i++) {
      add(still, 1, 5, 0);
      add(restless, 1, 9 * i, 0);
    }
    LocationInstability empty = new LocationInstability(1, 1);
    assertThat(LocationInstability.meanOfBest(List.of(restless, still, empty)))
        .isCloseTo(0, within(1e-15));
  }

  /** The survey's notes: about 0.10 for a landmark in the middle, 0.175 for one anywhere. */
  @Test
  void filters_that_fire_anywhere_have_the_instability_of_chance() {
    Random random = new Random(3);
    LocationInstability fixed = new LocationInstability(1, 1);
    LocationInstability free = new LocationInstability(1, 1);
    for (int i = 0; i < 4000; i++) {
      double[] x = {random.nextDouble()};
      double[] y = {random.nextDouble()};
      double[] activation = {random.nextDouble()};
      fixed.add(activation, x, y, List.of(at(0.5, 0.5)), 1, 1);
      free.add(activation, x, y, List.of(at(random.nextDouble(), random.nextDouble())), 1, 1);
    }
    assertThat(fixed.mean()).isCloseTo(0.10, within(0.02));
    assertThat(free.mean()).isCloseTo(0.175, within(0.03));
  }

  @Test
  void places_are_the_centers_of_receptive_fields() {
    // Kernel 3, stride 2, no padding: unit (1, 2) looks at pixels 2 to 4 and 4 to 6.
    INDArray weights = Nd4j.ones(DataType.FLOAT, 1, 1, 3, 3);
    Network network =
        Network.builder(1, 8, 10)
            .add("maps", new Op.Convolution(weights, null, Window.of(3, 2, 0), 1), Network.INPUT)
            .build();
    INDArray x = Nd4j.zeros(DataType.FLOAT, 2, 1, 8, 10);
    x.putScalar(new int[] {0, 0, 3, 5}, 1);
    x.putScalar(new int[] {1, 0, 3, 5}, 1);
    LocationInstability metric = new LocationInstability(1, 1);
    // Twice as large pictures: the centre of the unit's field, 3.5 and 5.5, lies at 7 and 11.
    metric.add(network, "maps", x, List.of(picture(11, 7), picture(11, 13)));
    double diagonal = Math.hypot(20, 16);
    assertThat(metric.mean()).isCloseTo(6 / diagonal / Math.sqrt(2), within(1e-12));
  }

  private static PartImage picture(double x, double y) {
    return new PartImage(
        RgbImage.of(20, 16, new int[320]),
        0,
        new Box(0, 0, 20, 16),
        List.of(at(x, y)),
        Optional.empty(),
        Map.of());
  }

  @Test
  void numbers_that_do_not_fit_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LocationInstability(0, 1))
        .withMessage("location instability needs at least 1 filter and 1 landmark, was 0 and 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> add(new LocationInstability(2, 1), 1, 1, 1))
        .withMessageStartingWith("a picture needs values of 2 filters and 1 landmarks, was 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LocationInstability(2, 1).merge(new LocationInstability(2, 2)))
        .withMessage(
            "only accumulators of equal numbers of filters and landmarks can be merged, was 2 and"
                + " 1 with 2 and 2");
  }
}
