package dev.interp.disentangle.dissect;

import dev.interp.core.data.PartDataset;
import dev.interp.core.data.PartImage;
import dev.interp.core.image.ChannelOrder;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Pictures with what is known of them, and the way into a network. The network must see the whole
 * picture, or masks and landmarks would not lie where the network sees them. Safe for concurrent
 * use.
 */
public final class Pictures {
  private final PartDataset data;
  private final Preprocessor preprocessor;
  private final Set<Long> checked = ConcurrentHashMap.newKeySet();

  private Pictures(PartDataset data, Preprocessor preprocessor) {
    this.data = data;
    this.preprocessor = preprocessor;
  }

  /**
   * Pictures for a network.
   *
   * @param data the pictures
   * @param preprocessor the way into the network; must not cut anything off
   * @return both
   * @throws IllegalArgumentException if there are no pictures
   */
  public static Pictures of(PartDataset data, Preprocessor preprocessor) {
    if (data.size() == 0) {
      throw new IllegalArgumentException("at least 1 picture is needed, the data set has none");
    }
    return new Pictures(data, preprocessor);
  }

  /** Some pictures and the batch that is made of them. */
  record Batch(int first, List<PartImage> images, INDArray x) {}

  /**
   * The pictures.
   *
   * @return the data set
   */
  public PartDataset data() {
    return data;
  }

  /**
   * The way into the network.
   *
   * @return takes pictures as they are
   */
  public Preprocessor preprocessor() {
    return preprocessor;
  }

  /**
   * How many there are.
   *
   * @return at least 1
   */
  public int size() {
    return data.size();
  }

  /**
   * A batch as the network takes it.
   *
   * @param images pictures of the data set
   * @return {@code [N, C, H, W]}, owned by the caller
   * @throws IllegalArgumentException if the preprocessor cuts something of a picture off
   */
  public INDArray batch(List<PartImage> images) {
    images.forEach(this::checkWhole);
    return preprocessor.apply(images.stream().map(this::image).toList());
  }

  Batch batch(int from, int to) {
    List<PartImage> images =
        IntStream.range(from, Math.min(to, size())).parallel().mapToObj(data::get).toList();
    return new Batch(from, images, batch(images));
  }

  private Image image(PartImage picture) {
    int width = picture.image().width();
    int height = picture.image().height();
    float[] planes = picture.image().toPlanar();
    if (preprocessor.order() == ChannelOrder.GREY && isGrey(planes)) {
      return Image.of(1, height, width, java.util.Arrays.copyOf(planes, width * height));
    }
    return Image.of(3, height, width, planes);
  }

  /** Equal channels are one, exactly; a weighted sum of them would round. */
  private static boolean isGrey(float[] planes) {
    int size = planes.length / 3;
    for (int i = 0; i < size; i++) {
      if (planes[i] != planes[i + size] || planes[i] != planes[i + 2 * size]) {
        return false;
      }
    }
    return true;
  }

  private void checkWhole(PartImage picture) {
    int width = picture.image().width();
    int height = picture.image().height();
    if (checked.add((long) width << 32 | height)) {
      for (float value : preprocessor.mapToOriginal(new float[] {1}, 1, 1, width, height)) {
        if (Float.isNaN(value)) {
          throw new IllegalArgumentException(
              "the network must see whole pictures here, but the preprocessing cuts some of "
                  + width
                  + " x "
                  + height
                  + " pixels off; resize to the network's input instead of cropping");
        }
      }
    }
  }
}
