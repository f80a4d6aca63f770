package dev.interp.disentangle.dissect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.interp.visual.gallery.TopPictures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class ActivationQuantilesTest {
  private static ActivationQuantiles of(float... values) {
    ActivationQuantiles quantiles = new ActivationQuantiles(1);
    quantiles.add(values, values.length);
    return quantiles;
  }

  private static float exact(float[] values, double share) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - 1 - (int) (share * values.length)];
  }

  @Property(tries = 300, seed = "11")
  void quantiles_keep_their_bound(
      @ForAll @Size(min = 1, max = 400) List<Float> list, @ForAll @IntRange(max = 99) int percent) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.abs(list.get(i)) < Float.MIN_NORMAL ? 0 : list.get(i);
    }
    double share = percent / 100.0;
    float exact = exact(values, share);
    float found = of(values).quantile(0, share);
    assertThat((double) found).isBetween((double) exact, exact + Math.abs((double) exact) / 256);
    int above = 0;
    for (float value : values) {
      above += value > found ? 1 : 0;
    }
    assertThat(above).isLessThanOrEqualTo((int) (share * values.length));
  }

  @Test
  void half_a_percent_of_rectified_noise() {
    Random random = new Random(5);
    float[] values = new float[40_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.max(0, (float) random.nextGaussian());
    }
    float exact = exact(values, 0.005);
    assertThat(of(values).quantile(0, 0.005)).isBetween(exact, exact * (1 + 1 / 256f));
    assertThat(of(values).quantile(0, 0.9)).isZero();
    assertThat(of(values).largest(0)).isEqualTo(exact(values, 0));
  }

  @Test
  void constants_have_themselves_as_quantile() {
    assertThat(of(3.14159f, 3.14159f, 3.14159f).quantile(0, 0.005)).isEqualTo(3.14159f);
    assertThat(of(0, -0f, Float.MIN_VALUE).quantile(0, 0.5)).isZero();
    assertThat(of(-2).quantile(0, 0)).isEqualTo(-2);
  }

  @Test
  void filters_lie_beside_each_other() {
    ActivationQuantiles quantiles = new ActivationQuantiles(2);
    quantiles.add(new float[] {1, 10, 2, 20, 3, 30}, 3);
    assertThat(quantiles.quantile(0, 0)).isEqualTo(3);
    assertThat(quantiles.quantile(1, 0)).isEqualTo(30);
    assertThat(quantiles.count(1)).isEqualTo(3);
  }

  @Test
  void what_is_written_is_read_and_damage_is_noticed() throws IOException {
    ActivationQuantiles quantiles = of(-3, 0, 0.5f, 0.5f, 7);
    byte[] bytes = bytes(quantiles);

    assertThat(bytes(ActivationQuantiles.read(new ByteArrayInputStream(bytes)))).isEqualTo(bytes);
    // The format is fixed, so that accumulators of other machines can be read.
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo(
            "001b"
                + HexFormat.of()
                    .formatHex(
                        "interp activation quantiles"
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                + "0000000100000038"
                + "00000001"
                + "0000000000000005"
                + "40e00000"
                + "00000003"
                + "00007f7f0000000000000001"
                + "00017e000000000000000002"
                + "000181c00000000000000001"
                + HexFormat.of()
                    .formatHex(Arrays.copyOfRange(bytes, bytes.length - 8, bytes.length)));
    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] = (byte) (changed[i] ^ 0x10);
      assertThatIOException()
          .isThrownBy(() -> ActivationQuantiles.read(new ByteArrayInputStream(changed)));
      byte[] cut = Arrays.copyOf(bytes, i);
      assertThatIOException()
          .isThrownBy(() -> ActivationQuantiles.read(new ByteArrayInputStream(cut)));
    }
    assertThatIOException()
        .isThrownBy(() -> ConceptOverlap.read(new ByteArrayInputStream(bytes)))
        .withMessageContaining("concept overlap");
  }

  @Test
  void overlaps_written_are_read() throws IOException {
    ConceptOverlap overlap =
        new ConceptOverlap(
            new float[] {0.5f}, List.of(new Concept("a", "x"), new Concept("b", "y")));
    overlap.add(
        new float[] {1, 0, 0, 1},
        2,
        2,
        new dev.interp.core.network.ReceptiveField(
            new dev.interp.core.network.ReceptiveField.Axis(1, 1, 0),
            new dev.interp.core.network.ReceptiveField.Axis(1, 1, 0)),
        2,
        2,
        List.of(new short[] {0, 0, -1, -1}, new short[] {1, -1, -1, 1}),
        2,
        2);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    overlap.write(out);
    ConceptOverlap read = ConceptOverlap.read(new ByteArrayInputStream(out.toByteArray()));
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    read.write(again);

    assertThat(again.toByteArray()).isEqualTo(out.toByteArray());
    // Marked are two pixels, one of them of a's two, both of b's two.
    assertThat(read.iou(0, 0)).isEqualTo(1 / 3.0);
    assertThat(read.iou(0, 1)).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> overlap.merge(new ConceptOverlap(new float[] {0.4f}, overlap.concepts())));
  }

  private static byte[] bytes(ActivationQuantiles quantiles) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    quantiles.write(out);
    return out.toByteArray();
  }

  @Test
  void wrong_use_is_told() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(1, Float.NaN))
        .withMessageContaining("finite");
    assertThatIllegalArgumentException().isThrownBy(() -> of(1, Float.POSITIVE_INFINITY));
    assertThatIllegalArgumentException().isThrownBy(() -> new ActivationQuantiles(0));
    assertThatIllegalArgumentException().isThrownBy(() -> of(1).quantile(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> of(1).merge(new ActivationQuantiles(2)));
    assertThatIllegalStateException().isThrownBy(() -> new ActivationQuantiles(1).quantile(0, 0.1));
  }

  @Test
  void top_pictures_are_those_of_the_whole_in_any_order() {
    TopPictures whole = new TopPictures(1, 3);
    TopPictures first = new TopPictures(1, 3);
    TopPictures second = new TopPictures(1, 3);
    float[] values = {2, 5, 5, 1, 4, 5, 3};
    for (int i = 0; i < values.length; i++) {
      whole.offer(0, i, values[i], 10 * i);
      (i % 2 == 0 ? first : second).offer(0, i, values[i], 10 * i);
    }
    assertThat(whole.of(0)).extracting(TopPictures.Shot::picture).containsExactly(1, 2, 5);
    assertThat(second.merge(first).of(0)).isEqualTo(whole.of(0));
    assertThatIllegalArgumentException().isThrownBy(() -> whole.merge(new TopPictures(1, 2)));
  }
}
