package dev.interp.training.filter;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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
 * {@code [cells, count]} and back, and one pass over {@code [N · C, count]} between them. Sums are
 * double.
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
    return information(
        x,
        templates,
        (filter, s, p) -> {
          double[] z = exp(s, max(s), p);
          double[] log = Arrays.stream(z).map(Math::log).toArray();
          for (int k = 0; k < s.length; k++) {
            for (int t = 0; t < z.length; t++) {
              s[k][t] -= log[t];
              p[k][t] /= z[t];
            }
          }
          double[] information = gains(s, p);
          gradient(s, p, information);
          return information;
        });
  }

  /** Makes the gradient at the scores of a filter of them. */
  @FunctionalInterface
  private interface Form {
    /** Gets an array p of the same size to work with; gives the information of each template. */
    double[] differentiate(int filter, double[][] s, double[][] p);
  }

  private static Result information(INDArray x, Templates templates, Form form) {
    int count = templates.count();
    INDArray s = scores(x, templates);
    double[] loss = new double[(int) x.size(1)];
    FilterRows.change(
        s,
        loss.length,
        (filter, rows) -> {
          double[] information = form.differentiate(filter, rows, new double[rows.length][count]);
          loss[filter] = -Arrays.stream(information).sum() / count;
        });
    return new Result(
        Nd4j.createFromArray(loss).castTo(x.dataType()),
        product(s, templates.all()).reshape('c', x.shape()));
  }

  /** The largest number of each column. */
  private static double[] max(double[][] rows) {
    double[] max = rows[0].clone();
    for (double[] row : rows) {
      for (int t = 0; t < max.length; t++) {
        max[t] = Math.max(max[t], row[t]);
      }
    }
    return max;
  }

  /** Lowers s by the shift of its column and makes exp(s) of p; gives its sum in each column. */
  private static double[] exp(double[][] s, double[] shift, double[][] p) {
    double[] sum = new double[shift.length];
    for (int k = 0; k < s.length; k++) {
      for (int t = 0; t < shift.length; t++) {
        s[k][t] -= shift[t];
        p[k][t] = Math.exp(s[k][t]);
        sum[t] += p[k][t];
      }
    }
    return sum;
  }

  /** Makes log(p(x|T) / p(x)) of log p(x|T), and gives Σ_x p(x|T) log(p(x|T) / p(x)). */
  private static double[] gains(double[][] log, double[][] p) {
    double[] information = new double[log[0].length];
    for (int k = 0; k < log.length; k++) {
      // Where all of p vanishes, the logarithm must not make NaN of it.
      double marginal = Math.max(Arrays.stream(p[k]).average().orElseThrow(), Double.MIN_NORMAL);
      double logMarginal = Math.log(marginal);
      for (int t = 0; t < information.length; t++) {
        log[k][t] -= logMarginal;
        information[t] += log[k][t] * p[k][t];
      }
    }
    return information;
  }

  /** Makes dloss/ds of the gains: −p(T) p (gain − mean). */
  private static void gradient(double[][] gains, double[][] p, double[] means) {
    for (int k = 0; k < gains.length; k++) {
      for (int t = 0; t < means.length; t++) {
        gains[k][t] = (means[t] - gains[k][t]) * p[k][t] / means.length;
      }
    }
  }

  /** log Σ exp of each column. */
  private static double[] logSum(double[][] rows) {
    double[] log = max(rows);
    double[] sum = new double[log.length];
    for (double[] row : rows) {
      for (int t = 0; t < log.length; t++) {
        sum[t] += Math.exp(row[t] - log[t]);
      }
    }
    for (int t = 0; t < log.length; t++) {
      log[t] += Math.log(sum[t]);
    }
    return log;
  }

  /**
   * The logarithms of the normalisers that a batch has: log Σ_x exp(s(x, T)).
   *
   * @param x the maps
   * @param templates of their size
   * @return {@code [C][count]}
   * @throws IllegalArgumentException if the maps have another size, rank or type
   */
  public static double[][] logNormalizers(INDArray x, Templates templates) {
    double[][] log = new double[(int) x.size(1)][];
    FilterRows.of(scores(x, templates), log.length)
        .read((filter, rows) -> log[filter] = logSum(rows));
    return log;
  }

  /**
   * The loss for given normalisers, which count as constants: with p_kT = exp(s_kT) / Z(T), dloss/
   * ds_kT = −p(T) p_kT (s_kT − log Z(T) − log p(x_k)). With the normalisers of the batch itself the
   * loss is that of {@link #mutualInformation}, the gradient is not.
   *
   * @param x the maps
   * @param templates of their size
   * @param logNormalizers {@code [C][count]}: log Z(T) of each filter, not modified
   * @return loss and gradient
   * @throws IllegalArgumentException if the maps have another size, rank or type, or the
   *     normalisers do not fit
   */
  public static Result constantNormalizer(
      INDArray x, Templates templates, double[][] logNormalizers) {
    int filters = (int) x.size(1);
    if (logNormalizers.length != filters || logNormalizers[0].length != templates.count()) {
      throw new IllegalArgumentException(
          "the normalisers must be ["
              + filters
              + ", "
              + templates.count()
              + "] (filters, templates), was ["
              + logNormalizers.length
              + ", "
              + logNormalizers[0].length
              + "]");
    }
    return constantNormalizer(x, templates, logNormalizers, new double[filters][]);
  }

  /** Also tells the normalisers of the batch itself, which count if none are given. */
  static Result constantNormalizer(
      INDArray x, Templates templates, double @Nullable [][] logNormalizers, double[][] own) {
    return information(
        x,
        templates,
        (filter, s, p) -> {
          double[] log = logNormalizers == null ? logSum(s) : logNormalizers[filter];
          double[] sum = exp(s, log, p);
          own[filter] = new double[log.length];
          for (int t = 0; t < log.length; t++) {
            own[filter][t] = log[t] + Math.log(Math.max(sum[t], Double.MIN_NORMAL));
          }
          double[] information = gains(s, p);
          gradient(s, p, new double[information.length]);
          return information;
        });
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
   * @param logNormalizers {@code [N · C]}: log Z of each map, a constant; not modified
   * @param weights {@code [N · C]}: w of each map; not modified
   * @return loss and gradient
   * @throws IllegalArgumentException if the maps have another size, rank or type
   */
  public static Result singleTemplate(
      INDArray x, Templates templates, int[] chosen, double[] logNormalizers, double[] weights) {
    check(x, templates);
    int filters = (int) x.size(1);
    double n = x.size(0);
    double[] loss = new double[filters];
    INDArray gradient =
        FilterRows.made(
            x,
            filters,
            (filter, rows) -> {
              for (int k = 0; k < rows.length; k++) {
                int map = k * filters + filter;
                double[] template = templates.template(chosen[map]);
                double u = dot(rows[k], template) - logNormalizers[map] + Math.log(n);
                double share = -weights[map] * Math.exp(u) / (templates.count() * n);
                loss[filter] += share * u;
                for (int cell = 0; cell < template.length; cell++) {
                  rows[k][cell] = share * (u + 1) * template[cell];
                }
              }
            });
    return new Result(Nd4j.createFromArray(loss).castTo(x.dataType()), gradient);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /**
   * Normalisers for {@link #singleTemplate} from the batch alone. What a template makes of other
   * maps is estimated by giving each map the template of another one, in reversed order of the
   * batch; the negative template is the same for all maps.
   *
   * @param x the maps
   * @param templates of their size
   * @param positions the cell where each map is strongest, {@code N · C} of them
   * @return {@code [C][2]}: log Z of the positive templates and of the negative one
   */
  static double[][] singleTemplateNormalizers(INDArray x, Templates templates, int[] positions) {
    int filters = (int) x.size(1);
    double[][] log = new double[filters][];
    FilterRows.of(x, filters)
        .read(
            (filter, rows) -> {
              double[][] s = new double[rows.length][];
              for (int k = 0; k < rows.length; k++) {
                int other = positions[(rows.length - 1 - k) * filters + filter];
                s[k] =
                    new double[] {
                      dot(rows[k], templates.template(other)),
                      dot(rows[k], templates.template(templates.cells()))
                    };
              }
              log[filter] = logSum(s);
            });
    return log;
  }

  /** The normaliser of each map's chosen template, {@code [N · C]}. */
  static double[] perMap(double[][] perFilter, Templates templates, int[] chosen) {
    double[] perMap = new double[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      perMap[i] = perFilter[i % perFilter.length][chosen[i] == templates.cells() ? 1 : 0];
    }
    return perMap;
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
    int filters = (int) x.size(1);
    double[] category = new double[filters];
    double[] spatial = new double[filters];
    FilterRows.of(scores(x, templates), filters)
        .read(
            (filter, rows) -> {
              double[] log = logSum(rows);
              for (double[] row : rows) {
                double negative = Math.exp(row[count - 1] - log[count - 1]) / count;
                double positive = 0;
                double mass = 0;
                for (int t = 0; t < count - 1; t++) {
                  double p = Math.exp(row[t] - log[t]) / count;
                  positive += p;
                  mass -= p > 0 ? p * Math.log(p) : 0;
                }
                double total = positive + negative;
                category[filter] -= term(positive, total) + term(negative, total);
                // Σ_T p log(p / positive), summed as entropy minus that of the whole.
                spatial[filter] += mass + (positive > 0 ? positive * Math.log(positive) : 0);
              }
            });
    return new Entropies(
        Nd4j.createFromArray(category).castTo(x.dataType()),
        Nd4j.createFromArray(spatial).castTo(x.dataType()));
  }

  private static double term(double part, double whole) {
    return part > 0 ? part * Math.log(part / whole) : 0;
  }

  /** s(x, T) of every map and template, {@code [N · C, count]}. */
  private static INDArray scores(INDArray x, Templates templates) {
    check(x, templates);
    INDArray maps = x.reshape('c', x.size(0) * x.size(1), templates.cells());
    return product(maps, templates.turned());
  }

  /** A product in row order. BLAS makes products in column order, so the factors change places. */
  private static INDArray product(INDArray a, INDArray b) {
    INDArray turned =
        Nd4j.createUninitialized(a.dataType(), new long[] {b.size(1), a.size(0)}, 'f');
    b.transpose().mmuli(a.transpose(), turned);
    return Nd4j.create(turned.data(), new long[] {a.size(0), b.size(1)});
  }

  private static void check(INDArray x, Templates templates) {
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
  }
}
