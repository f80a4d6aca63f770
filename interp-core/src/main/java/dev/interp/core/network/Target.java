package dev.interp.core.network;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The number of a network that is to be explained, one per example. Class targets are logits: the
 * values before the final softmax or sigmoid, unless a probability is asked for.
 */
public sealed interface Target {

  /**
   * The logit of the class with the largest logit, for each example its own.
   *
   * @return the target
   */
  static Target predicted() {
    return new Predicted();
  }

  /**
   * The logit of one class.
   *
   * @param index zero-based class index
   * @return the target
   */
  static Target ofClass(int index) {
    return new Classes(List.of(index));
  }

  /**
   * The logit of a given class for each example.
   *
   * @param indices zero-based class indices, one per example of the batch
   * @return the target
   */
  static Target ofClasses(int... indices) {
    return new Classes(IntStream.of(indices).boxed().toList());
  }

  /**
   * The probability that the network gives a class: the value after its final softmax or sigmoid.
   *
   * @param index zero-based class index
   * @return the target
   */
  static Target probability(int index) {
    return new Probability(index);
  }

  /**
   * The logit of one class minus that of another: what speaks for the one and against the other.
   *
   * @param index zero-based index of the class asked about
   * @param against zero-based index of the class it is compared with
   * @return the target
   */
  static Target contrast(int index, int against) {
    return new Contrast(index, against);
  }

  /**
   * One unit of a tensor.
   *
   * @param tensor the tensor's name
   * @param index {@code channel, row, column} for maps, {@code feature} for vectors, zero-based
   * @return the target
   */
  static Target neuron(String tensor, long... index) {
    return new Neuron(tensor, Arrays.stream(index).boxed().toList());
  }

  /**
   * The sum of a channel over all positions.
   *
   * @param tensor the name of a tensor of maps
   * @param channel zero-based channel index
   * @return the target
   */
  static Target channel(String tensor, long channel) {
    return new Channel(tensor, channel);
  }

  /**
   * Any differentiable function of the logits.
   *
   * @param name what provenance calls it
   * @param function gives value and gradient
   * @return the target
   */
  static Target of(String name, LogitFunction function) {
    return new Custom(name, function);
  }

  /** Largest logit. */
  record Predicted() implements Target {
    @Override
    public String toString() {
      return "predicted";
    }
  }

  /**
   * Logits by class.
   *
   * @param indices one for all examples, or one per example
   */
  record Classes(List<Integer> indices) implements Target {
    /** Copies the list. */
    public Classes {
      indices = List.copyOf(indices);
    }

    @Override
    public String toString() {
      return indices.size() == 1 ? "class " + indices.get(0) : "classes " + indices;
    }
  }

  /**
   * Probability of a class.
   *
   * @param index the class
   */
  record Probability(int index) implements Target {
    @Override
    public String toString() {
      return "probability of class " + index;
    }
  }

  /**
   * Difference of two logits.
   *
   * @param index the class asked about
   * @param against the class it is compared with
   */
  record Contrast(int index, int against) implements Target {
    @Override
    public String toString() {
      return "class " + index + " against class " + against;
    }
  }

  /**
   * One unit.
   *
   * @param tensor the tensor's name
   * @param index its place
   */
  record Neuron(String tensor, List<Long> index) implements Target {
    /** Copies the list. */
    public Neuron {
      index = List.copyOf(index);
    }

    @Override
    public String toString() {
      return "neuron " + tensor + index;
    }
  }

  /**
   * One channel, summed.
   *
   * @param tensor the tensor's name
   * @param channel the channel
   */
  record Channel(String tensor, long channel) implements Target {
    @Override
    public String toString() {
      return "channel " + tensor + "[" + channel + "]";
    }
  }

  /**
   * A function of the logits.
   *
   * @param name what provenance calls it
   * @param function value and gradient
   */
  record Custom(String name, LogitFunction function) implements Target {
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * A target made concrete for a batch.
   *
   * @param tensor the tensor that the target reads
   * @param classes the class explained for each example, −1 where the target is not a class
   * @param values {@code [N]}: the number explained for each example; owned by the record
   * @param seed gradient of the values with respect to the tensor, in its shape, public layout;
   *     owned by the record
   */
  record Resolved(String tensor, List<Integer> classes, INDArray values, INDArray seed) {}

  /**
   * The tensor that this target reads.
   *
   * @param network the network
   * @return its name
   * @throws IllegalArgumentException if the network has no such tensor or class; the message lists
   *     what it has
   */
  default String tensor(Network network) {
    if (this instanceof Neuron || this instanceof Channel) {
      String tensor = this instanceof Neuron n ? n.tensor() : ((Channel) this).tensor();
      LayerShape.of(network, tensor).check(this, tensor);
      return tensor;
    }
    long classes = network.classCount();
    int[] asked =
        this instanceof Classes c
            ? c.indices().stream().mapToInt(Integer::intValue).toArray()
            : this instanceof Probability p
                ? new int[] {p.index()}
                : this instanceof Contrast k ? new int[] {k.index(), k.against()} : new int[0];
    for (int index : asked) {
      if (index < 0 || index >= classes) {
        throw new IllegalArgumentException(
            "target class must be in [0, "
                + classes
                + "), was "
                + index
                + (index == classes ? " (the index is zero-based)" : ""));
      }
    }
    return network.logits();
  }

  /**
   * Checks that this target can be asked of a batch.
   *
   * @param network the network
   * @param examples the number of examples of the batch
   * @throws IllegalArgumentException if the network has no such tensor or class, or a list of
   *     classes is not one per example
   */
  default void check(Network network, long examples) {
    tensor(network);
    if (this instanceof Classes c && c.indices().size() != 1 && c.indices().size() != examples) {
      throw new IllegalArgumentException(
          "target classes must be one for all examples or one per example ("
              + examples
              + "), was "
              + c.indices().size());
    }
  }

  /**
   * Makes this target concrete.
   *
   * @param network the network
   * @param value the tensor {@link #tensor} of a batch, public layout; not modified
   * @return the target for each example of the batch
   * @throws IllegalArgumentException if a list of classes is not one per example, or a neuron lies
   *     outside the tensor
   */
  default Resolved resolve(Network network, INDArray value) {
    int n = (int) value.size(0);
    check(network, n);
    String tensor = tensor(network);
    LayerShape.ofBatch(value).check(this, tensor);
    INDArray seed = Nd4j.zeros(value.dataType(), value.shape());
    if (this instanceof Custom custom) {
      return new Resolved(
          tensor,
          java.util.Collections.nCopies(n, -1),
          custom.function().value(value).castTo(value.dataType()).reshape(n),
          custom.function().gradient(value).castTo(value.dataType()));
    } else if (this instanceof Probability p) {
      return probability(network, tensor, value, p.index(), seed);
    }
    INDArray values = Nd4j.zeros(value.dataType(), n);
    int[] classes = new int[n];
    int[] predicted = this instanceof Predicted ? largest(value) : new int[0];
    for (int i = 0; i < n; i++) {
      classes[i] = -1;
      if (this instanceof Neuron neuron) {
        long[] at = new long[neuron.index().size() + 1];
        at[0] = i;
        for (int axis = 1; axis < at.length; axis++) {
          at[axis] = neuron.index().get(axis - 1);
        }
        seed.putScalar(at, 1);
        values.putScalar(i, value.getDouble(at));
      } else if (this instanceof Channel c) {
        var map =
            new org.nd4j.linalg.indexing.INDArrayIndex[] {
              NDArrayIndex.point(i),
              NDArrayIndex.point(c.channel()),
              NDArrayIndex.all(),
              NDArrayIndex.all()
            };
        seed.get(map).assign(1);
        values.putScalar(i, value.get(map).sumNumber().doubleValue());
      } else if (this instanceof Contrast c) {
        classes[i] = c.index();
        seed.putScalar(i, c.index(), 1);
        seed.putScalar(i, c.against(), seed.getDouble(i, c.against()) - 1);
        values.putScalar(i, value.getDouble(i, c.index()) - value.getDouble(i, c.against()));
      } else {
        classes[i] =
            this instanceof Classes c
                ? c.indices().get(c.indices().size() == 1 ? 0 : i)
                : predicted[i];
        seed.putScalar(i, classes[i], 1);
        values.putScalar(i, value.getDouble(i, classes[i]));
      }
    }
    return new Resolved(tensor, IntStream.of(classes).boxed().toList(), values, seed);
  }

  /** The first largest of each row; an op of ND4J takes longer than this for a few rows. */
  private static int[] largest(INDArray rows) {
    int columns = (int) rows.size(1);
    double[] numbers = rows.dup('c').data().asDouble();
    int[] best = new int[(int) rows.size(0)];
    for (int i = 0; i < best.length; i++) {
      best[i] = i * columns;
      for (int k = i * columns; k < (i + 1) * columns; k++) {
        best[i] = numbers[k] > numbers[best[i]] ? k : best[i];
      }
      best[i] -= i * columns;
    }
    return best;
  }

  private static Resolved probability(
      Network network, String tensor, INDArray logits, int index, INDArray seed) {
    INDArray p = network.probabilities(logits);
    INDArray own = p.getColumn(index).dup();
    if (network.isSoftmax()) {
      seed.assign(p.neg().muliColumnVector(own));
      seed.getColumn(index).addi(own);
    } else {
      seed.getColumn(index).assign(own.mul(own.rsub(1)));
    }
    return new Resolved(
        tensor, java.util.Collections.nCopies((int) logits.size(0), index), own, seed);
  }
}
