package dev.interp.bench.paper;

import dev.interp.core.data.PartImage;
import dev.interp.core.network.Network;
import dev.interp.training.filter.FilterSettings;
import dev.interp.training.filter.InterpretableHead;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What an ordinary and an interpretable net are trained and measured on.
 *
 * @param name of the data, one for each set and category
 * @param x what the trained net takes, {@code [N, C, H, W]}: pictures, or features of a backbone
 * @param labels the class of each row
 * @param classes the names of the classes
 * @param pictures the pictures of the rows with their landmarks and, if known, masks
 * @param train how many rows, from the first on, are trained on; the rest is measured on
 * @param category the class that all filters shall stand for, whose pictures are measured on; −1
 *     for filters of all classes
 * @param head the recipe if {@code x} are features, else null
 * @param input the shape of a picture as the whole network takes it
 */
// Nobody compares two of them, so equality by identity of the arrays does no harm.
@SuppressWarnings("ArrayRecordComponent")
public record FilterData(
    String name,
    INDArray x,
    int[] labels,
    List<String> classes,
    List<PartImage> pictures,
    int train,
    int category,
    @Nullable InterpretableHead head,
    long[] input) {

  /** The default settings for this data: a category each, or the one there is. */
  public FilterSettings settings() {
    return category < 0
        ? FilterSettings.ofCategories(classes.size())
        : FilterSettings.ofSingleCategory(category);
  }

  int size() {
    return labels.length;
  }

  INDArray rows(int[] rows) {
    long[] shape = x.shape().clone();
    shape[0] = rows.length;
    return Nd4j.pullRows(x.reshape('c', x.size(0), x.length() / x.size(0)), 1, rows)
        .reshape('c', shape);
  }

  DataSet batch(int[] rows) {
    INDArray y = Nd4j.zeros(x.dataType(), rows.length, classes.size());
    for (int i = 0; i < rows.length; i++) {
      y.putScalar(i, labels[rows[i]], 1);
    }
    return new DataSet(rows(rows), y);
  }

  /** The rows to be measured on that show a class. */
  int[] measured(int label) {
    return IntStream.range(train, size()).filter(i -> labels[i] == label).toArray();
  }

  /** The classes whose pictures filters are measured on. */
  int[] measuredClasses() {
    return category < 0 ? IntStream.range(0, classes.size()).toArray() : new int[] {category};
  }

  /** The whole network around a trained net, of which receptive fields are read. */
  Network whole(org.deeplearning4j.nn.multilayer.MultiLayerNetwork net) {
    return head == null
        ? dev.interp.core.dl4j.Dl4j.standard().withInput(input).lower(net)
        : head.joined(net);
  }
}
