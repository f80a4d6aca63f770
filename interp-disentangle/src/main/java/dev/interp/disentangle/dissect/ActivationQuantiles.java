package dev.interp.disentangle.dissect;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;

/**
 * Quantiles of the activations of many filters in one pass and little memory. Counts how many
 * activations fall between neighbouring numbers of 9 significant binary digits; what is counted is
 * exact, so parts can be merged in any order to the same bits.
 *
 * <p><b>Bound.</b> With T the exact quantile (the value at position ⌊q·n⌋ from the largest), {@link
 * #quantile} gives t with {@code T <= t <= T + |T| / 256}, and at most {@code q·n} activations
 * exceed t. Zero is exact; numbers below 2<sup>-126</sup> count as zero.
 *
 * <p>Memory: 2 KiB per filter and power of two that its activations reach. Not safe for concurrent
 * use, but threads may add for different filters.
 */
public final class ActivationQuantiles {
  private static final String NAME = "activation quantiles";
  private static final int BITS = 8;
  private static final int SHIFT = 23 - BITS;
  private static final int PAGE = 1 << BITS;
  private static final int PAGES = 512;
  private static final int MIDDLE = PAGES / 2 * PAGE;
  private static final int EXPONENT = 0x7f80_0000;
  private static final int TILE = 64;

  /** Of filter and page; what was never reached is null. */
  private final long[][][] pages;

  private final long[] counts;
  private final float[] largest;

  /**
   * An empty accumulator.
   *
   * @param filters the number of filters, at least 1
   * @throws IllegalArgumentException if it is less
   */
  public ActivationQuantiles(int filters) {
    if (filters < 1) {
      throw new IllegalArgumentException("at least 1 filter is needed, was " + filters);
    }
    pages = new long[filters][][];
    counts = new long[filters];
    largest = new float[filters];
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
  }

  /**
   * The number of filters.
   *
   * @return at least 1
   */
  public int filters() {
    return counts.length;
  }

  /**
   * Adds maps whose channels are the filters.
   *
   * @param maps positions, each with the values of all filters: {@code [..., filters]}; not
   *     modified
   * @param positions how many of the positions are to be added, from the first on
   * @throws IllegalArgumentException if there are fewer, or an activation is NaN or infinite
   */
  public void add(float[] maps, int positions) {
    add(maps, positions, 0, filters());
  }

  /** The same for some of the filters only. */
  void add(float[] maps, int positions, int from, int to) {
    int filters = filters();
    if ((long) positions * filters > maps.length) {
      throw new IllegalArgumentException(
          positions + " positions of " + filters + " filters need more than " + maps.length);
    }
    for (int f = from; f < to; f++) {
      counts[f] += positions;
    }
    // Some positions of a filter after the other, so that its counts stay in the cache, and so do
    // these positions.
    for (int start = 0; start < positions; start += TILE) {
      int end = Math.min(positions, start + TILE);
      for (int f = from; f < to; f++) {
        tile(maps, start, end, f);
      }
    }
  }

  private void tile(float[] maps, int start, int end, int filter) {
    int filters = filters();
    float most = largest[filter];
    for (int p = start; p < end; p++) {
      float value = maps[p * filters + filter];
      most = value > most ? value : most;
      int bits = Float.floatToRawIntBits(value);
      int exponent = bits & EXPONENT;
      if (exponent == 0) {
        continue;
      }
      if (exponent == EXPONENT) {
        throw new IllegalArgumentException(
            "activations must be finite, but filter "
                + filter
                + " gives "
                + value
                + "; are the weights or the picture damaged?");
      }
      count(filter, key(bits), 1);
    }
    largest[filter] = most;
  }

  /** Numbers in the order of the floats, without their last digits. */
  private static int key(int bits) {
    return ((bits ^ (bits >> 31 & Integer.MAX_VALUE)) >> SHIFT) + MIDDLE;
  }

  /** The largest float with a key. */
  private static float edge(int key) {
    int ordered = (key - MIDDLE) << SHIFT | ((1 << SHIFT) - 1);
    return Float.intBitsToFloat(ordered ^ (ordered >> 31 & Integer.MAX_VALUE));
  }

  private void count(int filter, int key, long times) {
    long[][] own = pages[filter];
    if (own == null) {
      own = new long[PAGES][];
      pages[filter] = own;
    }
    long[] page = own[key >> BITS];
    if (page == null) {
      page = new long[PAGE];
      own[key >> BITS] = page;
    }
    page[key & (PAGE - 1)] += times;
  }

  /**
   * How many activations of a filter were added.
   *
   * @param filter from 0
   * @return the number
   */
  public long count(int filter) {
    return counts[filter];
  }

  /**
   * The largest activation of a filter.
   *
   * @param filter from 0
   * @return exact; negative infinity if nothing was added
   */
  public float largest(int filter) {
    return largest[filter];
  }

  /**
   * What a share of the activations exceeds.
   *
   * @param filter from 0
   * @param share q, 0 (included) to 1 (excluded)
   * @return within the bound of this class; a float
   * @throws IllegalArgumentException if the share is not legal
   * @throws IllegalStateException if nothing was added
   */
  public float quantile(int filter, double share) {
    if (!(share >= 0 && share < 1)) {
      throw new IllegalArgumentException("the share must lie in [0, 1), was " + share);
    }
    if (counts[filter] == 0) {
      throw new IllegalStateException("no activations were added, so they have no quantile");
    }
    long above = (long) (share * counts[filter]);
    long seen = 0;
    long[][] own = pages[filter];
    long zeros = counts[filter] - (own == null ? 0 : total(own));
    for (int page = PAGES - 1; page >= 0; page--) {
      if (page == PAGES / 2 - 1) {
        seen += zeros;
        if (seen > above) {
          return 0;
        }
      }
      if (own != null && own[page] != null) {
        for (int i = PAGE - 1; i >= 0; i--) {
          seen += own[page][i];
          if (seen > above) {
            return Math.min(edge(page << BITS | i), largest[filter]);
          }
        }
      }
    }
    throw new IllegalStateException("the counts of filter " + filter + " do not add up");
  }

  private static long total(long[][] pages) {
    long total = 0;
    for (long[] page : pages) {
      if (page != null) {
        for (long n : page) {
          total += n;
        }
      }
    }
    return total;
  }

  /**
   * The quantiles of all filters.
   *
   * @param share q, 0 (included) to 1 (excluded)
   * @return one per filter
   */
  public float[] quantiles(double share) {
    float[] values = new float[filters()];
    for (int f = 0; f < values.length; f++) {
      values[f] = quantile(f, share);
    }
    return values;
  }

  /**
   * Puts two parts together.
   *
   * @param other of the same number of filters; not modified
   * @return a new accumulator, equal to one that has seen the activations of both
   * @throws IllegalArgumentException if the numbers of filters differ
   */
  public ActivationQuantiles merge(ActivationQuantiles other) {
    if (filters() != other.filters()) {
      throw new IllegalArgumentException(
          "only quantiles of equally many filters can be merged, was "
              + filters()
              + " and "
              + other.filters());
    }
    ActivationQuantiles both = new ActivationQuantiles(filters());
    for (ActivationQuantiles part : List.of(this, other)) {
      for (int f = 0; f < filters(); f++) {
        both.counts[f] += part.counts[f];
        both.largest[f] = Math.max(both.largest[f], part.largest[f]);
        int filter = f;
        part.each(f, (key, n) -> both.count(filter, key, n));
      }
    }
    return both;
  }

  private interface Bin {
    void take(int key, long count);
  }

  private void each(int filter, Bin bin) {
    long[][] own = pages[filter];
    for (int page = 0; own != null && page < PAGES; page++) {
      for (int i = 0; own[page] != null && i < PAGE; i++) {
        if (own[page][i] != 0) {
          bin.take(page << BITS | i, own[page][i]);
        }
      }
    }
  }

  /**
   * Writes the accumulator; equal accumulators give equal bytes on every machine.
   *
   * @param out where to; not closed
   * @throws IOException if that fails
   */
  public void write(OutputStream out) throws IOException {
    SealedData.write(
        out,
        NAME,
        data -> {
          data.writeInt(filters());
          for (int f = 0; f < filters(); f++) {
            data.writeLong(counts[f]);
            data.writeFloat(largest[f]);
            int[] bins = new int[1];
            each(f, (key, n) -> bins[0]++);
            int[] keys = new int[bins[0]];
            long[] numbers = new long[bins[0]];
            bins[0] = 0;
            each(
                f,
                (key, n) -> {
                  keys[bins[0]] = key;
                  numbers[bins[0]++] = n;
                });
            data.writeInt(keys.length);
            for (int i = 0; i < keys.length; i++) {
              data.writeInt(keys[i]);
              data.writeLong(numbers[i]);
            }
          }
        });
  }

  /**
   * Reads what {@link #write} has written.
   *
   * @param in where from; not closed
   * @return the accumulator
   * @throws IOException if that fails, or the data is damaged or something else
   */
  public static ActivationQuantiles read(InputStream in) throws IOException {
    return SealedData.read(
        in,
        NAME,
        data -> {
          ActivationQuantiles result = new ActivationQuantiles(data.readInt());
          for (int f = 0; f < result.filters(); f++) {
            result.counts[f] = data.readLong();
            result.largest[f] = data.readFloat();
            int bins = data.readInt();
            for (int i = 0; i < bins; i++) {
              result.count(f, data.readInt(), data.readLong());
            }
          }
          return result;
        });
  }
}
