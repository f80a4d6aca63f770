package dev.interp.disentangle.dissect;

import dev.interp.core.data.Box;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.PartMask;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Pictures of 40 by 40 pixels with a red head and a green tail of 4 by 2 pixels, half a percent of
 * the picture each, and noise in blue.
 */
final class Scenes {
  static final int SIDE = 40;
  static final List<String> PARTS = List.of("head", "tail");
  static final Preprocessor WAY = Preprocessor.none().withDivisor(255);

  private Scenes() {}

  static Pictures pictures(int count, long seed) {
    Random random = new Random(seed);
    List<PartImage> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] rgb = random.ints(SIDE * SIDE, 0, 256).toArray();
      byte[] owners = new byte[rgb.length];
      for (int part = 1; part <= 2; part++) {
        int left = random.nextInt(SIDE - 4);
        int top = (part - 1) * SIDE / 2 + random.nextInt(SIDE / 2 - 2);
        for (int y = top; y < top + 2; y++) {
          for (int x = left; x < left + 4; x++) {
            owners[y * SIDE + x] = (byte) part;
            rgb[y * SIDE + x] |= part == 1 ? 0xff0000 : 0xff00;
          }
        }
      }
      pictures.add(picture(rgb, Optional.of(PartMask.of(SIDE, SIDE, PARTS, owners))));
    }
    return shown(pictures);
  }

  private static Pictures shown(List<PartImage> pictures) {
    return Pictures.of(PartDataset.of(pictures, List.of("thing"), PARTS), WAY);
  }

  static PartImage picture(int[] rgb, Optional<PartMask> mask) {
    return new PartImage(
        RgbImage.of(SIDE, SIDE, rgb), 0, new Box(0, 0, SIDE, SIDE), List.of(), mask, Map.of());
  }

  /** Pictures of one colour each, without masks. */
  static Pictures constant(int count) {
    List<PartImage> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] rgb = new int[SIDE * SIDE];
      java.util.Arrays.fill(rgb, 0x406080);
      pictures.add(picture(rgb, Optional.empty()));
    }
    return shown(pictures);
  }

  /**
   * A network with the filters red, green, forty of blue noise and a dead one ("maps", at the
   * picture's resolution), means of 4 by 4 of them ("coarse") and their mean ("mean").
   */
  static Network network() {
    INDArray weights = Nd4j.zeros(43, 3, 1, 1);
    INDArray bias = Nd4j.zeros(43);
    weights.putScalar(new int[] {0, 0, 0, 0}, 1);
    weights.putScalar(new int[] {1, 1, 0, 0}, 1);
    for (int f = 2; f < 42; f++) {
      weights.putScalar(new int[] {f, 2, 0, 0}, 12);
      bias.putScalar(f, -0.28 * (f - 2));
    }
    bias.putScalar(42, -1);
    return Network.builder(3, SIDE, SIDE)
        .add("linear", new Op.Convolution(weights, bias, Window.of(1, 1, 0), 1))
        .add("maps", new Op.Activation(new ActivationReLU()))
        .add("coarse", new Op.Pool(Op.Reduction.AVERAGE, Window.of(4, 4, 0), 0))
        .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .build();
  }
}
