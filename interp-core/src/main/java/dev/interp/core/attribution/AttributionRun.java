package dev.interp.core.attribution;

import dev.interp.core.network.Hooks;
import dev.interp.core.network.Network;
import dev.interp.core.network.PassCounter;
import dev.interp.core.network.Target;
import dev.interp.core.network.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One call of an attributor, for those who write one: it checks the arguments, counts passes, keeps
 * results out of a workspace that the caller may have open, and puts the attribution together.
 *
 * <p>Not safe for concurrent use; close it.
 */
public final class AttributionRun implements AutoCloseable {
  private static final Map<String, String> VERSIONS = versions();

  private final Attributor method;
  private final Network network;
  private final INDArray x;
  private final boolean isCopy;
  private final Target target;
  private final PassCounter passes = new PassCounter();
  private final MemoryWorkspace scope;

  private AttributionRun(Attributor method, Network network, INDArray x, Target target) {
    this.method = method;
    this.scope = Nd4j.getMemoryManager().scopeOutOfWorkspaces();
    this.network = network.counting(passes);
    this.x = usable(x, network.precision());
    this.isCopy = this.x != x;
    this.target = target;
  }

  /** ND4J takes the rows of a view that begins inside its buffer for empty. */
  private static INDArray usable(INDArray x, DataType type) {
    boolean whole = x.offset() == 0 && Shape.hasDefaultStridesForShape(x);
    INDArray own = x.isView() && !whole ? x.dup('c') : x;
    INDArray cast = own.castTo(type);
    if (own != x && own != cast) {
      own.close();
    }
    return cast;
  }

  /**
   * Begins a call.
   *
   * @param method the method that is called
   * @param network the network
   * @param x the batch
   * @param target the target
   * @return the run
   * @throws IllegalArgumentException if the batch does not fit the network, or the target is not
   *     one of the network's for that batch
   */
  public static AttributionRun start(
      Attributor method, Network network, INDArray x, Target target) {
    network.checkInput(x);
    target.check(network, x.size(0));
    return new AttributionRun(method, network, x, target);
  }

  /**
   * The network, its passes counted for the provenance.
   *
   * @return the network to run
   */
  public Network network() {
    return network;
  }

  /**
   * The batch in the network's precision.
   *
   * @return the batch; not to be modified
   */
  public INDArray x() {
    return x;
  }

  /**
   * The number of examples.
   *
   * @return N
   */
  public int examples() {
    return (int) x.size(0);
  }

  /**
   * The target as it was given.
   *
   * @return the target
   */
  public Target target() {
    return target;
  }

  /**
   * Puts the result together.
   *
   * @param tensor the tensor that the values lie on
   * @param values the raw values; ownership passes to the attribution
   * @param target the target decided on the batch
   * @return the attribution, without completeness gaps
   */
  public Attribution finish(String tensor, INDArray values, Target.Resolved target) {
    return finish(tensor, values, target, List.of());
  }

  /**
   * Puts the result together.
   *
   * @param tensor the tensor that the values lie on
   * @param values the raw values; ownership passes to the attribution
   * @param resolved the target decided on the batch
   * @param gaps the completeness gap of each example
   * @return the attribution
   */
  public Attribution finish(
      String tensor, INDArray values, Target.Resolved resolved, List<Double> gaps) {
    double n = examples();
    return new Attribution(
        values,
        tensor,
        resolved.classes(),
        Arrays.stream(resolved.values().toDoubleVector()).boxed().toList(),
        gaps,
        new Provenance(
            method.id(),
            method.settings(),
            target.toString(),
            network.fingerprint(),
            network.precision().toString(),
            network.engine().toString(),
            passes.forwards() / n,
            passes.backwards() / n,
            VERSIONS));
  }

  /**
   * Joins attributions of parts of the batch into that of the whole.
   *
   * @param tensor the tensor that the values lie on
   * @param parts attributions of consecutive examples, their values of one shape
   * @return the attribution, with the completeness gaps of the parts
   */
  public Attribution join(String tensor, List<Attribution> parts) {
    INDArray[] values = parts.stream().map(Attribution::values).toArray(INDArray[]::new);
    double[] outputs =
        parts.stream().flatMap(p -> p.outputs().stream()).mapToDouble(o -> o).toArray();
    List<Integer> classes = parts.stream().flatMap(p -> p.classes().stream()).toList();
    List<Double> gaps = parts.stream().flatMap(p -> p.completenessGaps().stream()).toList();
    INDArray all = values.length == 1 ? values[0] : Nd4j.concat(0, values);
    INDArray output = Nd4j.createFromArray(outputs);
    return finish(tensor, all, new Target.Resolved(tensor, classes, output, output), gaps);
  }

  /**
   * Decides a target on the batch itself.
   *
   * @return the target with its values; costs a forward pass
   */
  public Target.Resolved resolve() {
    return resolve(x, target);
  }

  /**
   * Evaluates a target on a batch, without what a backward pass would need.
   *
   * @param batch the batch; not modified
   * @param what the target
   * @return the target with its values; costs a forward pass
   */
  public Target.Resolved resolve(INDArray batch, Target what) {
    return resolve(network, batch, what);
  }

  /**
   * Evaluates a target on a batch of another network, for example a part of this run's.
   *
   * @param network the network
   * @param batch the batch; not modified
   * @param what the target
   * @return the target with its values; costs a forward pass
   */
  public static Target.Resolved resolve(Network network, INDArray batch, Target what) {
    String tensor = what.tensor(network);
    if (tensor.equals(network.logits())) {
      INDArray logits = network.logits(batch);
      return what.resolve(network, logits);
    }
    try (Trace trace = network.run(batch, Hooks.none().keep(tensor).forgetBelow())) {
      return trace.resolve(what);
    }
  }

  /**
   * The target of some examples, each with the class that was decided on the batch, for evaluating
   * changed copies of them.
   *
   * @param resolved the target decided on the batch
   * @param rows the example that each row of a new batch was made of
   * @return the target for that new batch
   */
  public Target targetOf(Target.Resolved resolved, int[] rows) {
    if (target instanceof Target.Predicted || target instanceof Target.Classes) {
      return Target.ofClasses(Arrays.stream(rows).map(i -> resolved.classes().get(i)).toArray());
    }
    return target;
  }

  /**
   * The target of one example alone.
   *
   * @param example which one
   * @return the target for a batch that holds the example only
   */
  public Target targetOf(int example) {
    if (target instanceof Target.Classes c && c.indices().size() > 1) {
      return Target.ofClass(c.indices().get(example));
    }
    return target;
  }

  /**
   * Copies examples into a new batch.
   *
   * @param rows which example each row is made of
   * @return {@code [rows, …]}, owned by the caller
   */
  public INDArray rows(int[] rows) {
    long[] shape = x.shape().clone();
    shape[0] = rows.length;
    INDArray batch = Nd4j.createUninitialized(x.dataType(), shape, 'c');
    for (int i = 0; i < rows.length; i++) {
      batch.slice(i).assign(x.slice(rows[i]));
    }
    return batch;
  }

  @Override
  public void close() {
    if (isCopy) {
      x.close();
    }
    scope.close();
  }

  private static Map<String, String> versions() {
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("interp", versionOf("dev.interp", "interp-core"));
    versions.put("nd4j", versionOf("org.nd4j", "nd4j-api"));
    versions.put("java", Runtime.version().toString());
    return Collections.unmodifiableMap(versions);
  }

  /** Maven writes it into every jar, and it survives in a jar of jars. */
  private static String versionOf(String group, String artifact) {
    String resource = "/META-INF/maven/" + group + '/' + artifact + "/pom.properties";
    try (InputStream in = AttributionRun.class.getResourceAsStream(resource)) {
      if (in == null) {
        return "unknown";
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /**
   * Fills a batch with rows of numbers. {@link BatchRoom} has the batches of a stream.
   *
   * @param batch FLOAT or DOUBLE, in row order and no view, as made by {@link Nd4j}; examples first
   * @param row the numbers of each example in row order, asked for from the first to the last and
   *     copied at once, so that one array may serve all
   */
  public static void fill(INDArray batch, IntFunction<double[]> row) {
    long count = batch.size(0);
    if (batch.dataType() == DataType.DOUBLE) {
      DoubleBuffer numbers = batch.data().asNioDouble();
      for (int i = 0; i < count; i++) {
        numbers.put(row.apply(i));
      }
      return;
    }
    FloatBuffer numbers = batch.data().asNioFloat();
    float[] narrow = new float[(int) (batch.length() / count)];
    for (int i = 0; i < count; i++) {
      double[] exact = row.apply(i);
      for (int k = 0; k < narrow.length; k++) {
        narrow[k] = (float) exact[k];
      }
      numbers.put(narrow);
    }
  }

  /**
   * Splits rows into batches.
   *
   * @param count how many rows there are
   * @param batchSize how many go into a batch, at least 1
   * @return the first row of each batch
   */
  public static long[] batches(long count, int batchSize) {
    return LongStream.iterate(0, i -> i < count, i -> i + batchSize).toArray();
  }
}
