package dev.interp.bench.paper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interp.core.image.Preprocessor;
import dev.interp.core.metric.FunnyBirdsProtocol;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A folder in the layout of the published archive: two birds, whose parts are rows 0 to 4 in red,
 * with a blue object in row 5 and a red one in row 6.
 */
class FunnyBirdsFolderTest {
  private static final int SIDE = 8;
  private static final int[] COLOURS = {
    0xFF0000, 0xFF0000, 0xFF0000, 0xFF0000, 0xFF0000, 0x0000FF, 0xFF0000
  };
  private static final int[] MAP = {
    0xFFFF00, 0xFFFFFD, 0xFF0001, 0x0000FF, 0x00FF01, 0xCCCCCC, 0xCCCCCD
  };
  private static final Preprocessor PREPROCESSOR = Preprocessor.none().withDivisor(255);

  @TempDir private Path folder = Path.of("unset");

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("classes.json"), "[{\"class_idx\": 0}, {\"class_idx\": 1}]");
    StringBuilder scenes = new StringBuilder();
    for (int k = 0; k < 2; k++) {
      scenes.append(k == 0 ? "[" : ",").append("{\"class_idx\": ").append(k);
      for (String part : FunnyBirdsFolder.PARTS) {
        scenes.append(", \"%s_model\": \"%s0%d.glb\"".formatted(part, part, k));
      }
      scenes.append(", \"bg_objects\": \"3,1,\"}");
      String bird = k + "/00000" + k;
      picture("test/" + bird + ".png", COLOURS, new BitSet());
      picture("test_part_map/" + bird + ".png", MAP, new BitSet());
      for (int bits = 1; bits < 32; bits++) {
        BitSet removed = BitSet.valueOf(new long[] {bits});
        String kept =
            IntStream.range(0, 5)
                .filter(part -> !removed.get(part))
                .mapToObj(FunnyBirdsFolder.PARTS::get)
                .collect(Collectors.joining("_"));
        String name = "/body_" + kept + ".png";
        picture("test_interventions/" + bird + name, COLOURS, removed);
      }
      for (int object = 0; object < 2; object++) {
        picture(
            "test_interventions/" + bird + "/background_interventions/" + object + ".png",
            COLOURS,
            things(5 + object));
      }
    }
    Files.writeString(folder.resolve("dataset_test.json"), scenes.append("]"));
  }

  private void picture(String name, int[] rows, BitSet removed) throws IOException {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    for (int p = 0; p < SIDE * SIDE; p++) {
      int row = p / SIDE;
      image.setRGB(
          p % SIDE, row, 0xFF000000 | (row < rows.length && !removed.get(row) ? rows[row] : 0));
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  private static BitSet things(int... numbers) {
    BitSet things = new BitSet();
    for (int number : numbers) {
      things.set(number);
    }
    return things;
  }

  @Test
  void parts_and_objects_can_be_removed_alone_and_together() throws IOException {
    FunnyBirdsFolder birds = FunnyBirdsFolder.open(folder, PREPROCESSOR);
    assertThat(birds.size()).isEqualTo(2);
    assertThat(birds.backgroundObjects(1)).isEqualTo(2);
    for (BitSet removed :
        List.of(things(), things(2), things(0, 3), things(5), things(6), things(1, 5, 6))) {
      INDArray x = birds.without(1, removed);
      for (int row = 0; row < SIDE; row++) {
        boolean seen = row < 7 && !removed.get(row);
        assertThat(x.getDouble(0, 0, row, 3)).isEqualTo(seen && row != 5 ? 1 : 0);
        assertThat(x.getDouble(0, 2, row, 3)).isEqualTo(seen && row == 5 ? 1 : 0);
      }
    }
    for (int thing = 0; thing < 7; thing++) {
      boolean[] mask = birds.mask(0, thing);
      for (int p = 0; p < mask.length; p++) {
        assertThat(mask[p]).isEqualTo(p / SIDE == thing);
      }
    }
  }

  /** Class 0 is the red, class 1 the blue: each depends on one of the objects. */
  @Test
  void a_network_that_looks_at_half_of_the_objects_is_half_independent_of_them()
      throws IOException {
    INDArray weights = Nd4j.zeros(2, 3, 1, 1);
    weights.putScalar(new int[] {0, 0, 0, 0}, 1);
    weights.putScalar(new int[] {1, 2, 0, 0}, 1);
    Network network =
        Network.builder(3, SIDE, SIDE)
            .add("colours", new Op.Convolution(weights, Nd4j.zeros(2), Window.of(1, 1, 0), 1))
            .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
            .add("softmax", new Op.Softmax())
            .build();
    FunnyBirdsProtocol protocol =
        FunnyBirdsProtocol.measure(network, FunnyBirdsFolder.open(folder, PREPROCESSOR));
    assertThat(protocol.backgroundIndependence()).isEqualTo(0.5);
    assertThat(protocol.accuracy()).isEqualTo(0.5);
  }

  @Test
  void kinds_are_numbered_by_the_classes_that_have_them() throws IOException {
    FunnyBirdsFolder birds = FunnyBirdsFolder.open(folder, PREPROCESSOR);
    assertThat(birds.kinds()).containsExactly(new int[] {0, 0, 0, 0, 0}, new int[] {1, 1, 1, 1, 1});
  }
}
