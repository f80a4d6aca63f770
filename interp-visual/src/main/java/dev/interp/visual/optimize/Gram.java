package dev.interp.visual.optimize;

/** Products of all pairs of channels of a tensor {@code [C, positions]}, summed over positions. */
final class Gram {
  private Gram() {}

  /** {@code A · Aᵀ}, {@code [C, C]}. */
  static double[] of(double[] a, int channels) {
    int n = a.length / channels;
    double[] gram = new double[channels * channels];
    for (int i = 0; i < channels; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
          sum += a[i * n + k] * a[j * n + k];
        }
        gram[i * channels + j] = sum;
        gram[j * channels + i] = sum;
      }
    }
    return gram;
  }

  /**
   * Adds the gradient at A of a function whose gradient at the (symmetric) Gram matrix is given.
   */
  static void addGradient(double[] a, double[] atGram, int channels, double[] into) {
    int n = a.length / channels;
    for (int i = 0; i < channels; i++) {
      for (int j = 0; j < channels; j++) {
        double f = 2 * atGram[i * channels + j];
        for (int k = 0; k < n; k++) {
          into[i * n + k] += f * a[j * n + k];
        }
      }
    }
  }

  static void scale(double[] gram, double factor) {
    for (int k = 0; k < gram.length; k++) {
      gram[k] *= factor;
    }
  }

  /**
   * How alike the textures of a group of pictures are: {@code 1/B Σ_i Σ_{j≠i} ⟨G_i, G_j⟩} of Gram
   * matrices of length one. Adds {@code −weight} times the gradient to the seeds.
   */
  static double separate(double[][] activations, int channels, double weight, double[][] seeds) {
    int count = activations.length;
    double[][] grams = new double[count][];
    double[] norms = new double[count];
    double[] total = new double[channels * channels];
    for (int b = 0; b < count; b++) {
      grams[b] = of(activations[b], channels);
      norms[b] = Math.max(norm(grams[b]), 1e-10);
      scale(grams[b], 1 / norms[b]);
      for (int k = 0; k < total.length; k++) {
        total[k] += grams[b][k];
      }
    }
    double value = 0;
    for (int b = 0; b < count; b++) {
      double[] own = grams[b];
      double[] others = new double[total.length];
      double dot = 0;
      for (int k = 0; k < total.length; k++) {
        others[k] = total[k] - own[k];
        dot += own[k] * others[k];
      }
      value += dot / count;
      for (int k = 0; k < total.length; k++) {
        others[k] = -weight * 2 / count * (others[k] - dot * own[k]) / norms[b];
      }
      addGradient(activations[b], others, channels, seeds[b]);
    }
    return value;
  }

  private static double norm(double[] gram) {
    double sum = 0;
    for (double g : gram) {
      sum += g * g;
    }
    return Math.sqrt(sum);
  }
}
