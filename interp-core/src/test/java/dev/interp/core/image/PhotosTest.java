package dev.interp.core.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real photos against crops that PIL made (bilinear, rounded to bytes after each axis). */
class PhotosTest {

  private static final Preprocessor SQUEEZENET =
      Preprocessor.none()
          .withResizeShorter(256)
          .withCrop(224, 224)
          .withDivisor(255)
          .withMean(0.485, 0.456, 0.406)
          .withScale(0.229, 0.224, 0.225);

  private Path data = Path.of("");

  @BeforeEach
  void find_the_data() {
    String shared = System.getenv("INTERP_SHARED");
    assumeTrue(shared != null, "INTERP_SHARED is not set: the folder with data/photos");
    data = Path.of(String.valueOf(shared), "data");
  }

  private Path crop(String photo) {
    return data.resolve("photos/crop224/" + photo.replaceAll("\\.\\w+$", ".png"));
  }

  /** Two roundings of half a level at most each: never a whole level, 0.25 to 0.3 on average. */
  @Test
  void every_photo_is_within_a_level_of_its_reference_crop() throws IOException {
    List<String> lines = Files.readAllLines(data.resolve("photos/manifest.csv"));
    assertThat(lines.size()).isGreaterThan(20);
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.split(",", -1);
      Image photo = ImageIo.read(data.resolve("photos").resolve(columns[0]));
      assertThat(photo.width()).isEqualTo(Integer.parseInt(columns[1]));
      assertThat(photo.height()).isEqualTo(Integer.parseInt(columns[2]));
      float[] ours = SQUEEZENET.unapply(SQUEEZENET.apply(photo), 0).values();
      float[] expected = ImageIo.read(crop(columns[0])).values();
      assertThat(ours).hasSameSizeAs(expected);
      double sum = 0;
      double worst = 0;
      for (int i = 0; i < ours.length; i++) {
        double difference = 255 * Math.abs(ours[i] - expected[i]);
        sum += difference;
        worst = Math.max(worst, difference);
      }
      assertThat(sum / ours.length).as("mean of " + columns[0]).isLessThan(0.31);
      assertThat(worst).as("worst of " + columns[0]).isLessThan(1.01);
    }
  }

  @Test
  void the_reference_inputs_come_out_bit_for_bit_from_the_reference_crops() throws IOException {
    for (String name : List.of("zebra", "chelsea_cat")) {
      Image crop = ImageIo.read(crop(name + ".png"));
      float[] x = SQUEEZENET.withResize(224, 224).apply(crop).data().asFloat();
      ByteBuffer npy =
          ByteBuffer.wrap(
                  Files.readAllBytes(data.resolve("reference/squeezenet11/" + name + "/input.npy")))
              .order(ByteOrder.LITTLE_ENDIAN);
      npy.position(10 + npy.getShort(8)); // behind the header of format 1.0
      float[] expected = new float[x.length];
      npy.asFloatBuffer().get(expected);
      assertThat(x).containsExactly(expected, within(0f));
    }
  }
}
