package dev.interp.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PreprocessorTest {

  private static final float NAN = Float.NaN;

  private static final Preprocessor IMAGENET =
      Preprocessor.none()
          .withResizeShorter(256)
          .withCrop(224, 224)
          .withDivisor(255)
          .withMean(0.485, 0.456, 0.406)
          .withScale(0.229, 0.224, 0.225);

  private static final Preprocessor CAFFE =
      Preprocessor.none()
          .withResize(256, 256)
          .withCrop(227, 227)
          .withOrder(ChannelOrder.BGR)
          .withMean(104, 117, 123);

  /** One pixel, values from 0 to 255. */
  private static Image colour(int... rgb) {
    float[] values = new float[rgb.length];
    for (int c = 0; c < rgb.length; c++) {
      values[c] = rgb[c] / 255f;
    }
    return Image.of(rgb.length, 1, 1, values);
  }

  /** Grey, values 0, 1, 2 ... of 255 row by row. */
  private static Image counting(int width, int height) {
    float[] values = new float[width * height];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / 255f;
    }
    return Image.of(1, height, width, values);
  }

  private static float[] floats(INDArray x) {
    return x.dup('c').data().asFloat();
  }

  @Test
  void none_gives_the_rgb_pixels_as_float32_nchw() {
    Image picture =
        Image.of(3, 1, 2, new float[] {0, 1, 10 / 255f, 20 / 255f, 30 / 255f, 40 / 255f});
    INDArray x = Preprocessor.none().apply(picture);
    assertThat(x.shape()).containsExactly(1, 3, 1, 2);
    assertThat(x.dataType()).isEqualTo(DataType.FLOAT);
    assertThat(x.ordering()).isEqualTo('c');
    assertThat(floats(x)).containsExactly(0, 255, 10, 20, 30, 40);
  }

  @Test
  void the_formula_is_computed_in_float32() {
    Preprocessor p =
        Preprocessor.none()
            .withDivisor(255)
            .withMean(0.485, 0.456, 0.406)
            .withScale(0.229, 0.224, 0.225);
    assertThat(floats(p.apply(colour(10, 128, 250))))
        .containsExactly(
            (10 / 255f - 0.485f) / 0.229f,
            (128 / 255f - 0.456f) / 0.224f,
            (250 / 255f - 0.406f) / 0.225f);
  }

  @Test
  void bgr_subtracts_the_mean_of_blue_from_blue() {
    Preprocessor p =
        Preprocessor.none().withOrder(ChannelOrder.BGR).withMean(104, 117, 123).withScale(2);
    assertThat(floats(p.apply(colour(200, 100, 50)))).containsExactly(-27, -8.5f, 38.5f);
    assertThat(floats(p.constant(200, 100, 50))).containsExactly(-27, -8.5f, 38.5f);
    assertThat(p.unapply(p.apply(colour(200, 100, 50)), 0)).isEqualTo(colour(200, 100, 50));
  }

  @Test
  void grey_and_colour_are_turned_into_each_other() {
    Preprocessor grey = Preprocessor.none().withOrder(ChannelOrder.GREY).withDivisor(256);
    assertThat(floats(grey.apply(colour(64)))).containsExactly(0.25f);
    // 0.299 * 100 + 0.587 * 200 + 0.114 * 50 = 153
    assertThat(floats(grey.apply(colour(100, 200, 50))))
        .containsExactly(new float[] {153 / 256f}, within(1e-6f));
    assertThat(floats(grey.constant(100, 200, 50)))
        .containsExactly(new float[] {153 / 256f}, within(1e-6f));
    assertThat(floats(Preprocessor.none().apply(colour(64)))).containsExactly(64, 64, 64);
  }

  @Test
  void the_crop_is_the_middle_and_odd_margins_go_half_to_even() {
    // Margins: 3 columns, 1 + 2 by rint(1.5) = 2 on the left; 1 row, rint(0.5) = 0 above.
    Preprocessor p = Preprocessor.none().withOrder(ChannelOrder.GREY).withCrop(2, 2);
    INDArray x = p.apply(counting(5, 3));
    assertThat(x.shape()).containsExactly(1, 1, 2, 2);
    assertThat(floats(x)).containsExactly(2, 3, 7, 8);
  }

  @Test
  void resizing_keeps_the_aspect_or_meets_the_size() {
    Image picture = counting(7, 4);
    Preprocessor grey = Preprocessor.none().withOrder(ChannelOrder.GREY);
    assertThat(grey.withResizeShorter(2).apply(picture).shape()).containsExactly(1, 1, 2, 3);
    assertThat(grey.withResizeShorter(10).apply(picture).shape()).containsExactly(1, 1, 10, 17);
    assertThat(grey.withResizeShorter(10).apply(counting(4, 7)).shape())
        .containsExactly(1, 1, 17, 10);
    INDArray x = grey.withResize(3, 5).apply(picture);
    assertThat(x.shape()).containsExactly(1, 1, 5, 3);
    float[] expected = Resample.ANTIALIAS.apply(picture.plane(0), 4, 7, 5, 3);
    for (int i = 0; i < expected.length; i++) {
      assertThat(floats(x)[i]).isEqualTo(expected[i] * 255f);
    }
  }

  @Test
  void the_last_resize_wins() {
    assertThat(Preprocessor.none().withResize(3, 5).withResizeShorter(8))
        .isEqualTo(Preprocessor.none().withResizeShorter(8));
    assertThat(Preprocessor.none().withResizeShorter(8).withResize(3, 5))
        .isEqualTo(Preprocessor.none().withResize(3, 5));
  }

  @Test
  void a_batch_is_its_pictures_one_by_one() {
    List<Image> pictures = List.of(counting(9, 8), colour(3, 200, 90), counting(5, 11), colour(77));
    Preprocessor p =
        Preprocessor.none().withResizeShorter(6).withCrop(5, 4).withMean(1, 2, 3).withScale(7);
    INDArray batch = p.apply(pictures);
    assertThat(batch.shape()).containsExactly(4, 3, 4, 5);
    float[] all = floats(batch);
    for (int n = 0; n < 4; n++) {
      float[] one = floats(p.apply(pictures.get(n)));
      assertThat(Arrays.copyOfRange(all, n * 60, n * 60 + 60)).containsExactly(one);
    }
    IntStream.range(0, 8)
        .parallel()
        .forEach(i -> assertThat(floats(p.apply(pictures))).containsExactly(all));
  }

  @Test
  void output_shape_is_known_as_far_as_the_picture_does_not_matter() {
    assertThat(IMAGENET.outputShape()).containsExactly(3, 224, 224);
    assertThat(CAFFE.outputShape()).containsExactly(3, 227, 227);
    assertThat(Preprocessor.none().withResize(30, 20).outputShape()).containsExactly(3, 20, 30);
    assertThat(Preprocessor.none().withOrder(ChannelOrder.GREY).withResizeShorter(9).outputShape())
        .containsExactly(1, -1, -1);
  }

  @Test
  void bounds_and_baselines_are_those_of_the_reference_nets() {
    // Black baseline and box bounds of the usual ImageNet constants in float32.
    float[] black = {-2.117904f, -2.0357141f, -1.8044444f};
    float[] white = {2.2489083f, 2.4285715f, 2.64f};
    assertThat(IMAGENET.low()).containsExactly(black);
    assertThat(IMAGENET.high()).containsExactly(white);
    INDArray baseline = IMAGENET.constant(0);
    assertThat(baseline.shape()).containsExactly(1, 3, 1, 1);
    assertThat(baseline.dataType()).isEqualTo(DataType.FLOAT);
    assertThat(floats(baseline)).containsExactly(black);
    assertThat(floats(CAFFE.constant(123, 117, 104))).containsExactly(0, 0, 0);
    assertThat(CAFFE.low()).containsExactly(-104, -117, -123);
    assertThat(CAFFE.high()).containsExactly(151, 138, 132);
  }

  @Test
  void inputs_stay_within_the_bounds_after_resizing() {
    float[] noise = new float[37 * 29];
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < noise.length; i++) {
      noise[i] = random.nextInt(2);
    }
    float[] x = floats(IMAGENET.withResize(300, 260).apply(Image.of(1, 29, 37, noise)));
    for (int k = 0; k < 3; k++) {
      for (int i = 0; i < 224 * 224; i++) {
        assertThat(x[k * 224 * 224 + i]).isBetween(IMAGENET.low()[k], IMAGENET.high()[k]);
      }
    }
  }

  @Test
  void unapply_gives_the_cropped_picture_back() {
    Image picture = Image.of(PictureFiles.noisy(12, 9, BufferedImage.TYPE_INT_RGB));
    for (Preprocessor p : List.of(IMAGENET, CAFFE, Preprocessor.none())) {
      Preprocessor cut = p.withResizeShorter(9).withCrop(12, 9);
      Image back = cut.unapply(cut.apply(picture), 0);
      assertThat(back.values()).containsExactly(picture.values(), within(1e-6f));
    }
    Preprocessor grey = Preprocessor.none().withOrder(ChannelOrder.GREY).withMean(3).withScale(4);
    assertThat(grey.unapply(grey.apply(counting(5, 3)), 0).values())
        .containsExactly(counting(5, 3).values(), within(1e-7f));
  }

  @Test
  void unapply_takes_any_float_type_and_view_and_clips() {
    INDArray x =
        Nd4j.createFromArray(new double[] {300, -5, 51, 102, 153, 204})
            .reshape('c', 1, 2, 1, 3)
            .permute(0, 3, 1, 2); // [1,3,2,1], a view
    Image image = Preprocessor.none().unapply(x, 0);
    assertThat(image.values())
        .containsExactly(new float[] {1, 0.4f, 0, 0.6f, 0.2f, 0.8f}, within(1e-7f));
    assertThat(floats(x)).containsExactly(300, 102, -5, 153, 51, 204);
    INDArray batch = Nd4j.concat(0, x, x.mul(0));
    assertThat(Preprocessor.none().unapply(batch, 1).values()).containsOnly(0);
  }

  @Test
  void a_map_lands_on_the_crop_and_nan_around_it() {
    Preprocessor crop = Preprocessor.none().withCrop(2, 2);
    assertThat(crop.mapToOriginal(new float[] {1, 2, 3, 4}, 2, 2, 4, 2))
        .containsExactly(NAN, 1, 2, NAN, NAN, 3, 4, NAN);
    assertThat(crop.mapToOriginal(new float[] {1, 2, 3, 4}, 2, 2, 2, 4))
        .containsExactly(NAN, NAN, 1, 2, 3, 4, NAN, NAN);
    // 4x2 doubled to 8x4, middle 4x4 seen: again the two middle columns.
    Preprocessor doubled = Preprocessor.none().withResize(8, 4).withCrop(4, 4);
    assertThat(doubled.mapToOriginal(new float[] {1, 2, 3, 4}, 2, 2, 4, 2))
        .containsExactly(NAN, 1, 2, NAN, NAN, 3, 4, NAN);
  }

  @Test
  void a_coarse_map_is_spread_over_the_whole_input() {
    // Without resize and crop: as BILINEAR enlarging.
    float[] map = {1, 5, 2, 8, 0, 3};
    assertThat(Preprocessor.none().mapToOriginal(map, 2, 3, 9, 7))
        .containsExactly(Resample.BILINEAR.apply(map, 2, 3, 7, 9), within(1e-6f));
    // And a map finer than the picture is antialiased.
    float[] fine = new float[64];
    fine[27] = 64;
    assertThat(Preprocessor.none().withResize(8, 8).mapToOriginal(fine, 8, 8, 3, 2))
        .containsExactly(Resample.ANTIALIAS.apply(fine, 8, 8, 2, 3), within(1e-5f));
  }

  @Test
  void what_the_network_saw_lands_where_it_was() {
    // A ramp to the right and down; non-square, shrunk and enlarged, odd margins.
    int[][] sizes = {{61, 40}, {40, 61}, {23, 31}, {100, 90}};
    for (int[] size : sizes) {
      int w = size[0];
      int h = size[1];
      float[] ramp = new float[w * h];
      for (int i = 0; i < ramp.length; i++) {
        ramp[i] = (i % w + 2 * (i / w)) / 512f;
      }
      Preprocessor p =
          Preprocessor.none()
              .withOrder(ChannelOrder.GREY)
              .withDivisor(255)
              .withResizeShorter(33)
              .withCrop(30, 28);
      float[] seen = floats(p.apply(Image.of(1, h, w, ramp)));
      float[] back = p.mapToOriginal(seen, 28, 30, w, h);
      int inside = 0;
      int border = 4 * Math.max(1, Math.min(w, h) / 33);
      for (int y = border; y < h - border; y++) {
        for (int x = border; x < w - border; x++) {
          boolean nearTheEdge =
              Float.isNaN(back[y * w + x - border])
                  || Float.isNaN(back[y * w + x + border])
                  || Float.isNaN(back[(y - border) * w + x])
                  || Float.isNaN(back[(y + border) * w + x]);
          if (!nearTheEdge) {
            inside++;
            // A tenth of a pixel.
            assertThat(back[y * w + x]).isCloseTo(ramp[y * w + x], within(0.1f * 3 / 512));
          }
        }
      }
      assertThat(inside).isGreaterThan(w * h / 8);
    }
  }

  @Test
  void misuse_is_explained() {
    Preprocessor none = Preprocessor.none();
    refused(() -> none.withResizeShorter(0), "at least 1 pixel, not 0");
    refused(() -> none.withResize(-1, 5), "The resize must be at least 1x1 pixels, not -1x5");
    refused(() -> none.withCrop(5, 0), "The crop must be at least 1x1 pixels, not 5x0");
    refused(() -> none.withDivisor(0), "usually 1, 255 or 256), not 0.0");
    refused(() -> none.withDivisor(NAN), "not NaN");
    refused(() -> none.withDivisor(1e-60), "positive and finite");
    refused(() -> none.withMean(1, 2), "[1.0, 2.0] has 2 values, but RGB has 3 channels");
    refused(() -> none.withMean(1, NAN, 3), "Means must be finite");
    refused(() -> none.withScale(1, 0, 1), "Scales are divided by");
    refused(() -> IMAGENET.withOrder(ChannelOrder.GREY), "mean [0.485, 0.456, 0.406] has 3 values");
    refused(
        () -> none.withCrop(4, 4).apply(counting(5, 3)),
        "crop of 4x4 does not fit into the picture of 5x3");
    refused(
        () -> none.withResizeShorter(2).withCrop(4, 4).apply(counting(5, 3)),
        "picture of 3x2 (resized from 5x3)");
    refused(
        () -> none.apply(List.of(counting(5, 3), counting(5, 4))),
        "picture 0 gives 5x3 and picture 1 gives 5x4");
    refused(() -> none.apply(List.of()), "at least one picture");
    refused(
        () -> none.withResizeShorter(1000).apply(Image.of(1, 1, 20_000, new float[20_000])),
        "crop it first");
    refused(
        () -> none.withResize(1 << 16, 1 << 16).withCrop(1, 1).apply(counting(5, 3)),
        "too large for one array");
    refused(() -> none.constant(1, 2), "1 level (grey) or 3");
    refused(() -> none.constant(256), "from 0 to 255");
    refused(() -> none.unapply(Nd4j.zeros(1, 1, 2, 2), 0), "[N,3,H,W], but x is [1, 1, 2, 2]");
    refused(() -> none.unapply(Nd4j.zeros(1, 3, 2, 2), 1), "no input 1 in a batch of 1");
    refused(() -> none.unapply(Nd4j.valueArrayOf(new long[] {1, 3, 1, 1}, NAN), 0), "has NaN");
    refused(() -> none.mapToOriginal(new float[3], 2, 2, 4, 4), "has 4 values");
    refused(() -> IMAGENET.mapToOriginal(new float[4], 2, 2, 0, 4), "original picture");
  }

  private static void refused(Runnable call, String words) {
    assertThatIllegalArgumentException().isThrownBy(call::run).withMessageContaining(words);
  }

  @Test
  void values_are_equal_by_content_and_immutable() {
    double[] mean = {0.485, 0.456, 0.406};
    Preprocessor other =
        Preprocessor.none()
            .withScale(0.229, 0.224, 0.225)
            .withMean(mean)
            .withDivisor(255)
            .withCrop(224, 224)
            .withResizeShorter(256);
    mean[0] = 99;
    assertThat(other).isEqualTo(IMAGENET).hasSameHashCodeAs(IMAGENET);
    assertThat(other.withDivisor(1)).isNotEqualTo(IMAGENET);
    assertThat(other)
        .hasToString(
            "Preprocessor[resize=shorter side 256, crop=224x224, order=RGB, divisor=255.0,"
                + " mean=[0.485, 0.456, 0.406], scale=[0.229, 0.224, 0.225]]");
  }
}
