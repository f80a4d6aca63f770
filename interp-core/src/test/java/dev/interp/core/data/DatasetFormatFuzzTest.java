package dev.interp.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damages files at random, 1,200 times each of 10 formats; as often as the system property {@code
 * interp.damages} says.
 */
class DatasetFormatFuzzTest {
  private static final int DAMAGES = Integer.getInteger("interp.damages", 1200);

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(FormatFixture.class)
  void damage_is_an_error_with_the_path_or_a_counted_skip_and_no_wrong_label(FormatFixture fixture)
      throws IOException {
    fixture.write(folder);
    PartDataset intact = fixture.format.open(folder);
    Map<RgbImage, Integer> labels = new HashMap<>();
    intact.stream().forEach(picture -> labels.put(picture.image(), picture.label()));
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    SplittableRandom random = new SplittableRandom(fixture.name().hashCode());
    int refused = 0;
    int skipped = 0;
    for (int i = 0; i < DAMAGES; i++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] before = Files.readAllBytes(file);
      byte[] damaged = damaged(before, random);
      Files.write(file, damaged);
      String what = "damage " + i + " of " + file;
      try {
        PartDataset data = fixture.format.open(folder);
        List<UncheckedIOException> broken = new ArrayList<>();
        List<Optional<PartImage>> pictures = new ArrayList<>();
        for (int k = 0; k < data.size(); k++) {
          pictures.add(PartDatasetView.read(data, k, broken::add));
        }
        skipped += broken.size();
        assertThat(broken).allMatch(e -> namesFile(e, folder), what);
        if (data.size() >= intact.size()) {
          // A list cut off at the end of a line is whole, and may have lost all of a class.
          assertThat(data.classNames()).as(what).hasSameSizeAs(intact.classNames());
        }
        check(fixture, pictures, labels, intact, what);
      } catch (IOException e) {
        refused++;
        assertThat(namesFile(e, folder)).as(what + ": " + e).isTrue();
      } catch (RuntimeException | Error e) {
        fail(what + " made the reader crash", e);
      } finally {
        Files.write(file, before);
      }
    }
    assertThat(refused + skipped).as("damages noticed").isGreaterThan(DAMAGES / 20);
    assertThat(fixture.format.open(folder).stream()).hasSize(4);
  }

  /** Changes one byte, some bytes, or cuts the file off. */
  private static byte[] damaged(byte[] before, SplittableRandom random) {
    if (before.length == 0 || random.nextInt(8) == 0) {
      return Arrays.copyOf(before, random.nextInt(before.length + 1));
    }
    byte[] bytes = before.clone();
    int changes = random.nextInt(4) == 0 ? 4 : 1;
    for (int c = 0; c < changes; c++) {
      // Half of the damage goes to the start, where headers are.
      int range = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 64);
      bytes[random.nextInt(range)] += (byte) (1 + random.nextInt(255));
    }
    return bytes;
  }

  private void check(
      FormatFixture fixture,
      List<Optional<PartImage>> pictures,
      Map<RgbImage, Integer> labels,
      PartDataset intact,
      String what)
      throws IOException {
    for (int k = 0; k < pictures.size(); k++) {
      if (pictures.get(k).isEmpty()) {
        continue;
      }
      PartImage picture = pictures.get(k).get();
      // Without check sums the file itself is the only truth.
      Integer expected =
          switch (fixture) {
            case IDX -> (int) Files.readAllBytes(folder.resolve("train-labels-idx1-ubyte"))[8 + k];
            case CIFAR ->
                k < firstBatch()
                    ? (int) Files.readAllBytes(folder.resolve("data_batch_1.bin"))[k * 3073]
                    : (int)
                        Files.readAllBytes(folder.resolve("data_batch_2.bin"))[
                            (k - firstBatch()) * 3073];
            default -> labels.get(picture.image());
          };
      boolean isFileTheTruth = fixture == FormatFixture.IDX || fixture == FormatFixture.CIFAR;
      if (pictures.size() == intact.size() && !isFileTheTruth) {
        // A damaged picture may look like one of another class.
        int usual = intact.get(k).label();
        assertThat(picture.label()).as(what).isIn(usual, expected == null ? usual : expected);
      } else if (expected != null) {
        assertThat(picture.label()).as(what).isEqualTo(expected);
      }
      assertThat(picture.landmarks()).as(what).hasSameSizeAs(intact.partNames());
    }
  }

  private int firstBatch() throws IOException {
    return (int) (Files.size(folder.resolve("data_batch_1.bin")) / 3073);
  }

  private static boolean namesFile(Exception e, Path folder) {
    return String.valueOf(e.getMessage()).contains(folder.toString());
  }
}
