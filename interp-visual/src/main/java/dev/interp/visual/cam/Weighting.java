package dev.interp.visual.cam;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * How a class activation map is made of a layer's activation A and the target's gradient G there.
 * Both come as matrices of places by channels for one example; the map is a column of places.
 */
enum Weighting {
  /** The mean gradient of each channel. */
  GRAD_CAM {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return weigh(a, means(g));
    }
  },
  /** The sum of the gradient: where it is the same everywhere, the weights of the classifier. */
  CAM {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return weigh(a, sums(g));
    }
  },
  /** A closed form of second and third derivatives, for an exponential of the target. */
  GRAD_CAM_PLUS_PLUS {
    @Override
    INDArray map(INDArray a, INDArray g) {
      // The two terms of the denominator can almost cancel, which float32 would not survive.
      INDArray exact = g.castTo(DataType.DOUBLE);
      INDArray square = exact.mul(exact);
      INDArray sums = sums(a.castTo(DataType.DOUBLE));
      INDArray total = square.mul(exact).muliRowVector(sums).addi(square.mul(2)).addi(1e-6);
      INDArray weights = sums(Transforms.relu(exact, true).muli(square.divi(total)));
      return weigh(a, weights.castTo(a.dataType()));
    }
  },
  /** Gradient times activation. */
  HI_RES {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return a.mul(g).sum(true, 1);
    }
  },
  /** The gradient averaged with the activation as weight. */
  X_GRAD {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return weigh(a, sums(a.mul(g)).divi(sums(a).addi(1e-7)));
    }
  },
  /** The positive gradient at each place. */
  LAYER {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return Transforms.relu(g, true).muli(a).sum(true, 1);
    }
  },
  /** The positive products of gradient and activation. */
  ELEMENT_WISE {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return Transforms.relu(a.mul(g), false).sum(true, 1);
    }
  },
  /** The first principal component of the activation. */
  EIGEN {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return PrincipalComponent.of(a);
    }
  },
  /** The first principal component of gradient times activation. */
  EIGEN_GRAD {
    @Override
    INDArray map(INDArray a, INDArray g) {
      return PrincipalComponent.of(a.mul(g));
    }
  },
  /** The share of places where the channel is unusually strong. */
  FEM {
    @Override
    INDArray map(INDArray a, INDArray g) {
      INDArray mean = means(a);
      INDArray off = a.subRowVector(mean);
      INDArray deviation = Transforms.sqrt(means(off.mul(off)), false);
      INDArray strong = off.subRowVector(deviation.mul(2)).gt(0).castTo(a.dataType());
      // A constant channel has no strong places, whatever rounding says.
      INDArray varies = a.max(true, 0).gt(a.min(true, 0)).castTo(a.dataType());
      return weigh(a, means(strong).muli(varies));
    }
  };

  /**
   * The map of one example.
   *
   * @param a activation, {@code [places, channels]}; not modified
   * @param g gradient in the same shape; not modified
   * @return {@code [places, 1]}, a new array
   */
  abstract INDArray map(INDArray a, INDArray g);

  boolean readsGradient() {
    return this != EIGEN && this != FEM;
  }

  /**
   * The maps of a batch.
   *
   * @param a activation with its channels last, {@code [N, h, w, C]} in C order; not modified
   * @param g gradient in the same shape and order; not modified
   * @return {@code [N, 1, h, w]}, a new array
   */
  INDArray maps(INDArray a, INDArray g) {
    long n = a.size(0);
    INDArray maps = Nd4j.createUninitialized(a.dataType(), n, a.size(1) * a.size(2));
    INDArray activations = a.reshape('c', n, maps.size(1), a.size(3));
    INDArray gradients = g.reshape('c', n, maps.size(1), a.size(3));
    for (int i = 0; i < n; i++) {
      INDArray map = map(activations.slice(i), gradients.slice(i));
      maps.putRow(i, map.reshape(1, maps.size(1)));
    }
    return maps.reshape(n, 1, a.size(1), a.size(2));
  }

  /**
   * The sum of channels, each with a weight.
   *
   * @param a activation, {@code [N, C, h, w]} in C order
   * @param weights {@code [N, C]}
   * @return {@code [N, 1, h, w]}, a new array
   */
  static INDArray sum(INDArray a, INDArray weights) {
    long n = a.size(0);
    INDArray maps = Nd4j.createUninitialized(a.dataType(), n, a.size(2) * a.size(3));
    INDArray activations = a.reshape('c', n, a.size(1), maps.size(1));
    for (int i = 0; i < n; i++) {
      maps.putRow(i, weights.getRow(i, true).mmul(activations.slice(i)));
    }
    return maps.reshape(n, 1, a.size(2), a.size(3));
  }

  private static INDArray weigh(INDArray a, INDArray weights) {
    return Rows.weigh(a, weights);
  }

  private static INDArray sums(INDArray m) {
    return Rows.sum(m, 1);
  }

  private static INDArray means(INDArray m) {
    return Rows.sum(m, 1.0 / m.size(0));
  }
}
