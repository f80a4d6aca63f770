package dev.interp.training.filter;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The filter loss in its three forms, as functions of arrays. Each map of a filter shall match one
 * template: the positive one of some position, or the negative one where the filter's part is
 * missing. The loss of a filter on a batch of maps is their mutual information with the templates,
 * negative:
 *
 * <pre>
 * loss = − Σ_T p(T) Σ_x p(x|T) log( p(x|T) / p(x) )
 * p(x|T) = exp(s(x, T)) / Z(T),   s(x, T) = Σ_ij x_ij T_ij,   p(x) = Σ_T p(T) p(x|T)
 * </pre>
 *
 * <p>It lies between −log(count) and 0. Work is two matrix products of {@code [N · C, cells]} with
 * {@code [cells, count]} and back, and some passes over {@code [N · C, count]} between them.
 *
 * <p>Maps are {@code [N, C, H, W]} of finite numbers, FLOAT or DOUBLE like the templates; arguments
 * are never modified and results belong to the caller. Source: Q. Zhang, Y. N. Wu, S.-C. Zhu,
 * Interpretable convolutional neural networks (CVPR 2018), section 3 and its appendix.
 */
public final class FilterLosses {
  private FilterLosses() {}

  /**
   * The loss of a batch.
   *
   * @param loss {@code [C]}: of each filter
   * @param gradient {@code [N, C, H, W]}: of each filter's loss with respect to its maps
   */
  public record Result(INDArray loss, INDArray gradient) {}

  /**
   * What the loss consists of: loss = −log(count) + interCategory + spatial.
   *
   * @param interCategory {@code [C]}: the entropy of "does the part appear?" given the map; low if
   *     a filter belongs to one category
   * @param spatial {@code [C]}: the entropy of "where?" given the map, over the maps in which it
   *     appears; low if a filter fires at one place
   */
  public record Entropies(INDArray interCategory, INDArray spatial) {}

  /**
   * The loss with its exact gradient, where Z(T) = Σ_x exp(s(x, T)) over the batch. With p_kT =
   * p(x_k|T) and A_kT = log(p_kT / p(x_k)),
   *
   * <pre>dloss/ds_kT = −p(T) p_kT (A_kT − Σ_m p_mT A_mT)</pre>
   *
   * A batch of one has loss and gradient 0.
   *
   * @param x the maps
   * @param templates of their size
   * @return loss and gradient
   * @throws IllegalArgumentException if the maps have another size, rank or type
   */
  public static Result mutualInformation(INDArray x, Templates templates) {
    int count = templates.count();
    INDArray s = scores(x, templates);
    long maps = s.size(0);
    long n = x.size(0);
    INDArray byExample = s.reshape('c', n, maps / n * count);
    byExample.subiRowVector(byExample.max(0));
    INDArray p = Transforms.exp(byExample, true);
    INDArray z = p.sum(0);
    p.diviRowVector(z);
    byExample.subiRowVector(Transforms.log(z, false));
    logRatio(s, p.reshape('c', maps, count));
    INDArray weighted = p.mul(byExample);
    INDArray information = weighted.sum(0);
    byExample.subiRowVector(information).muli(p).muli(-1.0 / count);
    return result(information, s, x, templates);
  }

  /**
   * The logarithms of the normalisers that a batch has: log Σ_x exp(s(x, T)).
   *
   * @param x the maps
   * @param templates of their size
   * @return {@code [C, count]}
   * @throws IllegalArgumentException if the maps have another size, rank or type
   */
  public static INDArray logNormalizers(INDArray x, Templates templates) {
    long n = x.size(0);
    INDArray s = scores(x, templates);
    INDArray byExample = s.reshape('c', n, s.length() / n);
    INDArray max = byExample.max(0);
    INDArray sum = Transforms.exp(byExample.subiRowVector(max), false).sum(0);
    return Transforms.log(sum, false).addi(max).reshape('c', x.size(1), templates.count());
  }

  /**
   * The loss for given normalisers, which count as constants: with p_kT = exp(s_kT) / Z(T), dloss/
   * ds_kT = −p(T) p_kT (s_kT − log Z(T) − log p(x_k)). With the normalisers of the batch itself the
   * loss is that of {@link #mutualInformation}, the gradient is not.
   *
   * @param x the maps
   * @param templates of their size
   * @param logNormalizers {@code [C, count]}: log Z(T) of each filter
   * @return loss and gradient
   * @throws IllegalArgumentException if the maps have another size, rank or type, or the
   *     normalisers do not fit
   */
  public static Result constantNormalizer(
      INDArray x, Templates templates, INDArray logNormalizers) {
    int count = templates.count();
    INDArray s = scores(x, templates);
    long maps = s.size(0);
    long n = x.size(0);
    long[] expected = {x.size(1), count};
    if (!Arrays.equals(logNormalizers.shape(), expected)) {
      throw new IllegalArgumentException(
          "the normalisers must be "
              + Arrays.toString(expected)
              + " (filters, templates), was "
              + Arrays.toString(logNormalizers.shape()));
    }
    INDArray byExample = s.reshape('c', n, maps / n * count);
    byExample.subiRowVector(logNormalizers.dup('c').reshape(maps / n * count));
    INDArray p = Transforms.exp(byExample, true);
    logRatio(s, p.reshape('c', maps, count));
    byExample.muli(p);
    INDArray information = byExample.sum(0);
    byExample.muli(-1.0 / count);
    return result(information, s, x, templates);
  }

  /**
   * The paper's approximation of the loss: of each map x_k counts one template T_k, with prior
   * p(T), a constant normaliser and a constant p(x). With u_k = s_k − log Z_k + log N, which says
   * how much better x_k matches than maps do on average,
   *
   * <pre>
   * loss       = −p(T) / N · Σ_k w_k exp(u_k) u_k
   * dloss/ds_k = −p(T) / N · w_k exp(u_k) (u_k + 1)
   * </pre>
   *
   * <p>The value is not a mutual information. The constant 1 is that of the authors' code, and
   * stands for p(x) = 1 / (N e); so are the weights, which let positive and negative images count
   * alike.
   *
   * @param x the maps
   * @param templates of their size
   * @param chosen {@code N · C} rows of {@link Templates#all}, the filters of one example after
   *     another
   * @param logNormalizers {@code [N · C]}: log Z of each map, a constant
   * @param weights {@code [N · C]}: w of each map
   * @return loss and gradient
   * @throws IllegalArgumentException if the maps have another size, rank or type
   */
  public static Result singleTemplate(
      INDArray x, Templates templates, int[] chosen, INDArray logNormalizers, INDArray weights) {
    INDArray maps = view(x, templates);
    INDArray template = Nd4j.pullRows(templates.all(), 1, chosen);
    long n = x.size(0);
    INDArray u = maps.mul(template).sum(1).subi(logNormalizers.reshape(chosen.length));
    u.addi(Math.log((double) n));
    INDArray weight = Transforms.exp(u, true).muli(weights.reshape(chosen.length));
    weight.divi(-templates.count() * (double) n);
    INDArray loss = u.mul(weight).reshape('c', n, x.size(1)).sum(0);
    INDArray gradient = template.muliColumnVector(u.addi(1).muli(weight));
    return new Result(loss, gradient.reshape('c', x.shape()));
  }

  /**
   * Normalisers for {@link #singleTemplate} from the batch alone. What a template makes of other
   * maps is estimated by giving each map the template of another one, in reversed order of the
   * batch; the negative template is the same for all maps.
   *
   * @param x the maps
   * @param templates of their size
   * @param positions the cell where each map is strongest, {@code N · C} of them
   * @return {@code [C, 2]}: log Z of the positive templates and of the negative one
   */
  static INDArray singleTemplateNormalizers(INDArray x, Templates templates, int[] positions) {
    INDArray maps = view(x, templates);
    int n = (int) x.size(0);
    int filters = (int) x.size(1);
    int[] mismatched = new int[positions.length];
    int[] negative = new int[positions.length];
    Arrays.fill(negative, templates.cells());
    for (int i = 0; i < positions.length; i++) {
      mismatched[i] = positions[(n - 1 - i / filters) * filters + i % filters];
    }
    INDArray log = Nd4j.create(x.dataType(), filters, 2);
    log.putColumn(0, logSum(maps, templates, mismatched, n, filters));
    log.putColumn(1, logSum(maps, templates, negative, n, filters));
    return log;
  }

  /** The normaliser of each map's chosen template, {@code [N · C]}. */
  static INDArray perMap(INDArray perFilter, Templates templates, int[] chosen) {
    double[][] log = perFilter.toDoubleMatrix();
    double[] perMap = new double[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      perMap[i] = log[i % log.length][chosen[i] == templates.cells() ? 1 : 0];
    }
    return Nd4j.createFromArray(perMap).castTo(perFilter.dataType());
  }

  private static INDArray logSum(
      INDArray maps, Templates templates, int[] rows, int n, int filters) {
    INDArray s = Nd4j.pullRows(templates.all(), 1, rows).muli(maps).sum(1).reshape('c', n, filters);
    INDArray max = s.max(0);
    return Transforms.log(Transforms.exp(s.subiRowVector(max), false).sum(0), false).addi(max);
  }

  /**
   * The entropies that the mutual information is made of.
   *
   * @param x the maps
   * @param templates of their size
   * @return the terms, in nats
   * @throws IllegalArgumentException if the maps have another size, rank or type
   */
  public static Entropies entropies(INDArray x, Templates templates) {
    int count = templates.count();
    long filters = x.size(1);
    INDArray s = scores(x, templates);
    long maps = s.size(0);
    long n = x.size(0);
    INDArray byExample = s.reshape('c', n, filters * count);
    Transforms.exp(byExample.subiRowVector(byExample.max(0)), false);
    byExample.diviRowVector(byExample.sum(0));
    double[][] joint = s.reshape('c', maps, count).toDoubleMatrix(); // p(x|T)
    double[] category = new double[(int) filters];
    double[] spatial = new double[(int) filters];
    for (int k = 0; k < maps; k++) {
      int filter = (int) (k % filters);
      double negative = joint[k][count - 1] / count;
      double positive = 0;
      double mass = 0;
      for (int t = 0; t < count - 1; t++) {
        double p = joint[k][t] / count;
        positive += p;
        mass -= p > 0 ? p * Math.log(p) : 0;
      }
      double total = positive + negative;
      category[filter] -= term(positive, total) + term(negative, total);
      // Σ_T p log(p / positive), summed as entropy minus that of the whole.
      spatial[filter] += mass + (positive > 0 ? positive * Math.log(positive) : 0);
    }
    return new Entropies(
        Nd4j.createFromArray(category).castTo(x.dataType()),
        Nd4j.createFromArray(spatial).castTo(x.dataType()));
  }

  private static double term(double part, double whole) {
    return part > 0 ? part * Math.log(part / whole) : 0;
  }

  /** s(x, T) of every map and template, {@code [N · C, count]}. */
  private static INDArray scores(INDArray x, Templates templates) {
    return product(view(x, templates), templates.all().transpose());
  }

  /** A product in row order. ND4J makes products in column order, so the factors change places. */
  private static INDArray product(INDArray a, INDArray b) {
    INDArray turned = b.transpose().mmul(a.transpose());
    return turned.ordering() == 'f' && turned.offset() == 0
        ? Nd4j.create(turned.data(), new long[] {a.size(0), b.size(1)})
        : turned.transpose().dup('c');
  }

  /** Takes log p(x|T) and p(x|T), {@code [N · C, count]}; the first becomes log(p(x|T) / p(x)). */
  private static void logRatio(INDArray logs, INDArray p) {
    // Where all of p vanishes in this precision, the logarithm must not make NaN of it.
    INDArray marginal = Transforms.max(p.mean(1), Float.MIN_NORMAL, false);
    logs.subiColumnVector(Transforms.log(marginal, false));
  }

  private static Result result(
      INDArray information, INDArray scoreGradient, INDArray x, Templates templates) {
    int count = templates.count();
    return new Result(
        information.reshape('c', x.size(1), count).sum(1).divi(-count),
        product(scoreGradient, templates.all()).reshape('c', x.shape()));
  }

  /** The maps as rows, {@code [N · C, cells]}; not to be modified. */
  private static INDArray view(INDArray x, Templates templates) {
    if (x.rank() != 4
        || x.size(2) != templates.height()
        || x.size(3) != templates.width()
        || x.dataType() != templates.type()) {
      throw new IllegalArgumentException(
          "the maps must be [examples, filters, "
              + templates.height()
              + ", "
              + templates.width()
              + "] of "
              + templates.type()
              + " as the templates are, was "
              + Arrays.toString(x.shape())
              + " of "
              + x.dataType());
    }
    return x.reshape('c', x.size(0) * x.size(1), templates.cells());
  }
}
