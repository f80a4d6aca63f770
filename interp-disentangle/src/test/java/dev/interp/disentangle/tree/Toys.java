package dev.interp.disentangle.tree;

import dev.interp.core.data.Box;
import dev.interp.core.data.Landmark;
import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.Preprocessor;
import dev.interp.core.network.Network;
import dev.interp.core.op.Op;
import dev.interp.core.op.Window;
import dev.interp.disentangle.dissect.Pictures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Pictures of 24 by 24 pixels with a red head and a green tail, and a net for them. */
final class Toys {
  static final int SIDE = 24;
  static final List<String> PARTS = List.of("head", "tail");

  private Toys() {}

  /** Toys of random sizes of head and tail, and as many pictures of bluish noise. */
  static Pictures pictures(int toys, long seed) {
    Random random = new Random(seed);
    List<PartImage> pictures = new ArrayList<>();
    for (int i = 0; i < 2 * toys; i++) {
      int[] rgb = random.ints(SIDE * SIDE, 0, i < toys ? 30 : 200).toArray();
      List<Landmark> landmarks = new ArrayList<>();
      for (int part = 0; part < 2; part++) {
        int size = 4 + random.nextInt(5);
        int left = random.nextInt(SIDE - size);
        int top = part * SIDE / 2 + random.nextInt(SIDE / 2 - size + 1);
        for (int y = top; i < toys && y < top + size; y++) {
          for (int x = left; x < left + size; x++) {
            rgb[y * SIDE + x] |= part == 0 ? 0xff0000 : 0xff00;
          }
        }
        landmarks.add(new Landmark(PARTS.get(part), left + size / 2.0, top + size / 2.0, i < toys));
      }
      pictures.add(picture(rgb, i < toys ? 0 : 1, landmarks));
    }
    return shown(pictures);
  }

  static Pictures constant(int count) {
    List<PartImage> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] rgb = new int[SIDE * SIDE];
      java.util.Arrays.fill(rgb, 0x905030);
      pictures.add(picture(rgb, 0, List.of()));
    }
    return shown(pictures);
  }

  private static Pictures shown(List<PartImage> pictures) {
    return Pictures.of(
        PartDataset.of(pictures, List.of("toy", "nothing"), PARTS),
        Preprocessor.none().withDivisor(255));
  }

  private static PartImage picture(int[] rgb, int label, List<Landmark> landmarks) {
    return new PartImage(
        RgbImage.of(SIDE, SIDE, rgb),
        label,
        new Box(0, 0, SIDE, SIDE),
        landmarks,
        Optional.empty(),
        Map.of());
  }

  /** Four filters, red, green, blue and a dead one, at every second pixel; two classes. */
  static Network network() {
    INDArray weights = Nd4j.zeros(4, 3, 2, 2);
    for (int f = 0; f < 3; f++) {
      for (int k = 0; k < 4; k++) {
        weights.putScalar(new int[] {f, f, k / 2, k % 2}, 0.25);
      }
    }
    INDArray bias = Nd4j.createFromArray(0f, 0f, 0f, -1f);
    INDArray dense = Nd4j.createFromArray(new float[][] {{9, 0}, {8, 1}, {0, 7}, {3, 3}});
    return Network.builder(3, SIDE, SIDE)
        .add("linear", new Op.Convolution(weights, bias, Window.of(2, 2, 0), 1))
        .add("maps", new Op.Activation(new ActivationReLU()))
        .add("mean", new Op.GlobalPool(Op.Reduction.AVERAGE, 0, true))
        .add("logits", new Op.Dense(dense, Nd4j.createFromArray(0.1f, -0.2f)))
        .add("softmax", new Op.Softmax())
        .build();
  }
}
