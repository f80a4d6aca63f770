package dev.interp.bench.demo;

import dev.interp.core.data.Birds;
import dev.interp.core.data.PartImage;
import dev.interp.core.data.RgbImage;
import dev.interp.core.image.Image;
import dev.interp.core.image.Preprocessor;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Birds as batches for DL4J, rendered when they are asked for, on all processors. */
record BirdBatches(Birds birds, Preprocessor preprocessor) {

  /** The pictures from one index to another, with one-hot labels. */
  DataSet batch(int from, int to) {
    List<PartImage> pictures = IntStream.range(from, to).parallel().mapToObj(birds::get).toList();
    float[] labels = new float[pictures.size() * birds.classNames().size()];
    for (int n = 0; n < pictures.size(); n++) {
      labels[n * birds.classNames().size() + pictures.get(n).label()] = 1;
    }
    INDArray x =
        preprocessor.apply(pictures.stream().map(picture -> image(picture.image())).toList());
    return new DataSet(
        x, Nd4j.create(labels, new long[] {pictures.size(), birds.classNames().size()}, 'c'));
  }

  static Image image(RgbImage picture) {
    return Image.of(3, picture.height(), picture.width(), picture.toPlanar());
  }
}
