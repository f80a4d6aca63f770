package dev.interp.disentangle.dissect;

import dev.interp.core.network.ReceptiveField;
import dev.interp.core.network.UnitInterpolation;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far the regions that filters mark and the regions of concepts overlap, in pixels. A filter
 * marks where its map, up-sampled bilinearly between the centres of the units' receptive fields,
 * exceeds the filter's threshold. Of each filter the marked pixels are counted per category, in
 * pictures that have any labelled pixel of the category.
 *
 * <p>All counts are whole numbers, so parts can be merged in any order to the same bits. Only
 * pixels near a unit above the threshold are interpolated; no other can exceed it. Not safe for
 * concurrent use: let each thread fill its own.
 *
 * <p>Source: D. Bau et al., Network dissection (CVPR 2017); the part of a picture that counts as
 * marking it, an overlap above 0.2, is that of Q. Zhang et al., Interpretable convolutional neural
 * networks (CVPR 2018), section 5.2.
 */
public final class ConceptOverlap {
  private static final String NAME = "concept overlap";
  private static final double MARKS = 0.2;

  private final float[] thresholds;
  private final List<Concept> concepts;
  private final List<String> categories;
  private final int[] categoryOf;
  private final long[][] common;
  private final long[][] marked;
  private final long[][] hits;
  private final long[] pixels;
  private final long[] pictures;

  /**
   * An empty accumulator.
   *
   * @param thresholds of each filter; copied
   * @param concepts what the regions are compared with
   * @throws IllegalArgumentException if there are no filters or no concepts
   */
  public ConceptOverlap(float[] thresholds, List<Concept> concepts) {
    if (thresholds.length == 0 || concepts.isEmpty()) {
      throw new IllegalArgumentException(
          "filters and concepts are needed, was "
              + thresholds.length
              + " filters and the concepts "
              + concepts);
    }
    this.thresholds = thresholds.clone();
    this.concepts = List.copyOf(concepts);
    this.categories = concepts.stream().map(Concept::category).distinct().toList();
    this.categoryOf =
        concepts.stream().mapToInt(concept -> categories.indexOf(concept.category())).toArray();
    this.common = new long[thresholds.length][concepts.size()];
    this.hits = new long[thresholds.length][concepts.size()];
    this.marked = new long[thresholds.length][categories.size()];
    this.pixels = new long[concepts.size()];
    this.pictures = new long[concepts.size()];
  }

  /**
   * Adds a picture.
   *
   * @param maps the activations, {@code [h, w, filters]} in C order; not modified
   * @param h rows of the maps
   * @param w columns of the maps
   * @param field receptive field of the maps' units
   * @param inputHeight rows of the picture as the network takes it
   * @param inputWidth its columns
   * @param planes which concept each pixel shows, see {@link ConceptSource#label}
   * @param height rows of the planes
   * @param width columns of the planes
   * @throws IllegalArgumentException if sizes do not fit
   */
  public void add(
      float[] maps,
      int h,
      int w,
      ReceptiveField field,
      double inputHeight,
      double inputWidth,
      List<short[]> planes,
      int height,
      int width) {
    if (maps.length != (long) h * w * thresholds.length) {
      throw new IllegalArgumentException(
          "maps must be [" + h + ", " + w + ", " + thresholds.length + "], was " + maps.length);
    }
    for (short[] plane : planes) {
      if (plane.length != height * width) {
        throw new IllegalArgumentException(
            "planes must have " + height + " x " + width + " pixels, was " + plane.length);
      }
    }
    add(
        maps,
        0,
        new UnitInterpolation(field.height(), h, inputHeight, height),
        new UnitInterpolation(field.width(), w, inputWidth, width),
        planes);
  }

  void add(
      float[] maps,
      int offset,
      UnitInterpolation rows,
      UnitInterpolation columns,
      List<short[]> planes) {
    int filters = thresholds.length;
    int h = rows.units();
    int w = columns.units();
    long[] own = shown(planes);
    short[][] shown = planes.toArray(short[][]::new);
    int[] ends = ends(shown, rows.pixels(), columns.pixels());
    // The units above the threshold of their filter, as one chain per filter.
    int[] head = new int[filters];
    Arrays.fill(head, -1);
    int[] next = new int[64];
    int[] cell = new int[64];
    int found = 0;
    for (int u = 0, i = offset; u < h * w; u++) {
      for (int f = 0; f < filters; f++, i++) {
        if (maps[i] > thresholds[f]) {
          if (found == cell.length) {
            next = Arrays.copyOf(next, 2 * found);
            cell = Arrays.copyOf(cell, 2 * found);
          }
          cell[found] = u;
          next[found] = head[f];
          head[f] = found++;
        }
      }
    }
    int[] block = new int[h * w];
    boolean[] taken = new boolean[h * w];
    int[] inside = new int[concepts.size()];
    for (int f = 0; f < filters; f++) {
      int blocks = 0;
      for (int at = head[f]; at >= 0; at = next[at]) {
        int y = cell[at] / w;
        int x = cell[at] % w;
        for (int by = Math.max(0, y - 1); by <= y; by++) {
          for (int bx = Math.max(0, x - 1); bx <= x; bx++) {
            if (!taken[by * w + bx]) {
              taken[by * w + bx] = true;
              block[blocks++] = by * w + bx;
            }
          }
        }
      }
      if (blocks == 0) {
        continue;
      }
      Arrays.fill(inside, 0);
      int area = 0;
      for (int b = 0; b < blocks; b++) {
        taken[block[b]] = false;
        area +=
            count(maps, offset + f, block[b] / w, block[b] % w, rows, columns, shown, ends, inside);
      }
      tally(f, area, inside, own);
    }
  }

  /** The pixels of each concept in a picture. */
  private long[] shown(List<short[]> planes) {
    long[] own = new long[concepts.size()];
    for (short[] plane : planes) {
      // Neighbours mostly show the same, and comparing a row of them at once is fast.
      int start = 0;
      while (start < plane.length) {
        int same = Arrays.mismatch(plane, start, plane.length - 1, plane, start + 1, plane.length);
        int end = same < 0 ? plane.length : start + same + 1;
        if (plane[start] >= 0) {
          own[plane[start]] += end - start;
        }
        start = end;
      }
    }
    for (int c = 0; c < own.length; c++) {
      pixels[c] += own[c];
      pictures[c] += own[c] > 0 ? 1 : 0;
    }
    return own;
  }

  /** For each pixel where in its row something else is shown than by it and its neighbours. */
  private static int[] ends(short[][] planes, int height, int width) {
    short[] differs = new short[height * width];
    for (short[] plane : planes) {
      compare(plane, differs);
    }
    int[] ends = new int[height * width];
    for (int y = 0; y < height; y++) {
      int end = width;
      for (int at = (y + 1) * width - 1, x = width - 1; x >= 0; x--, at--) {
        ends[at] = end;
        end = differs[at] == 0 ? end : x;
      }
    }
    return ends;
  }

  /** In a loop of its own, so that many are done at once. */
  private static void compare(short[] plane, short[] differs) {
    for (int i = 1; i < plane.length; i++) {
      differs[i] = (short) (differs[i] | (plane[i] ^ plane[i - 1]));
    }
  }

  /**
   * Counts the marked pixels between four units. Along a row values rise or fall throughout, so
   * that those above the threshold lie together at one end.
   */
  private int count(
      float[] maps,
      int offset,
      int blockRow,
      int blockColumn,
      UnitInterpolation rows,
      UnitInterpolation columns,
      short[][] planes,
      int[] ends,
      int[] inside) {
    int filters = thresholds.length;
    float threshold = thresholds[offset % filters];
    int w = columns.units();
    int width = columns.pixels();
    int area = 0;
    int left = columns.first(blockColumn);
    int right = columns.first(blockColumn + 1);
    int firstRow = rows.first(blockRow);
    int lastRow = rows.first(blockRow + 1);
    if (left == right || firstRow == lastRow) {
      return 0;
    }
    int above = offset + blockRow * w * filters;
    int below = offset + rows.high(firstRow) * w * filters;
    int low = blockColumn * filters;
    int high = columns.high(left) * filters;
    double[] top = new double[right - left];
    double[] rise = new double[right - left];
    for (int x = left; x < right; x++) {
      top[x - left] = columns.mix(x, maps[above + low], maps[above + high]);
      rise[x - left] = columns.mix(x, maps[below + low], maps[below + high]) - top[x - left];
    }
    for (int y = firstRow; y < lastRow; y++) {
      float share = rows.share(y);
      int from = 0;
      int to = top.length;
      if (value(top, rise, share, from) <= threshold
          && value(top, rise, share, to - 1) <= threshold) {
        continue;
      }
      while (value(top, rise, share, from) <= threshold) {
        from++;
      }
      while (value(top, rise, share, to - 1) <= threshold) {
        to--;
      }
      area += to - from;
      int row = y * width + left;
      for (int x = from; x < to; ) {
        int end = Math.min(to, ends[row + x] - left);
        for (short[] plane : planes) {
          int concept = plane[row + x];
          if (concept >= 0) {
            inside[concept] += end - x;
          }
        }
        x = end;
      }
    }
    return area;
  }

  private static double value(double[] top, double[] rise, float share, int x) {
    return top[x] + share * rise[x];
  }

  private void tally(int filter, int area, int[] inside, long[] own) {
    boolean[] present = new boolean[categories.size()];
    for (int c = 0; c < own.length; c++) {
      if (own[c] > 0) {
        present[categoryOf[c]] = true;
        common[filter][c] += inside[c];
        hits[filter][c] += inside[c] > MARKS * (area + own[c] - inside[c]) ? 1 : 0;
      }
    }
    for (int k = 0; k < present.length; k++) {
      marked[filter][k] += present[k] ? area : 0;
    }
  }

  /**
   * What the regions are compared with.
   *
   * @return the concepts, by index
   */
  public List<Concept> concepts() {
    return concepts;
  }

  /**
   * The kinds of concepts.
   *
   * @return in the order of their first concepts
   */
  public List<String> categories() {
    return categories;
  }

  /**
   * The thresholds.
   *
   * @return of each filter; a copy
   */
  public float[] thresholds() {
    return thresholds.clone();
  }

  /**
   * How many pictures show a concept.
   *
   * @param concept its index
   * @return the number
   */
  public long pictures(int concept) {
    return pictures[concept];
  }

  /**
   * How many pixels show a concept.
   *
   * @param concept its index
   * @return the number
   */
  public long pixels(int concept) {
    return pixels[concept];
  }

  /**
   * Intersection over union of the region of a filter and of a concept, over all pictures that show
   * anything of the concept's category.
   *
   * @param filter from 0
   * @param concept its index
   * @return 0 to 1; 0 if nothing is marked and shown
   */
  public double iou(int filter, int concept) {
    long both = common[filter][concept];
    long either = marked[filter][categoryOf[concept]] + pixels[concept] - both;
    return either == 0 ? 0 : (double) both / either;
  }

  /**
   * The share of the pictures that show a concept in which a filter marks it, with an overlap of
   * their regions above 0.2.
   *
   * @param filter from 0
   * @param concept its index
   * @return 0 to 1; 0 if no picture shows the concept
   */
  public double marks(int filter, int concept) {
    return pictures[concept] == 0 ? 0 : (double) hits[filter][concept] / pictures[concept];
  }

  /**
   * Puts two parts together.
   *
   * @param other with the same thresholds and concepts; not modified
   * @return a new accumulator, equal to one that has seen the pictures of both
   * @throws IllegalArgumentException if thresholds or concepts differ
   */
  public ConceptOverlap merge(ConceptOverlap other) {
    if (!Arrays.equals(thresholds, other.thresholds) || !concepts.equals(other.concepts)) {
      throw new IllegalArgumentException(
          "only overlaps with equal thresholds and concepts can be merged; were the quantiles"
              + " merged first?");
    }
    ConceptOverlap both = new ConceptOverlap(thresholds, concepts);
    for (ConceptOverlap part : List.of(this, other)) {
      for (int f = 0; f < thresholds.length; f++) {
        sum(both.common[f], part.common[f]);
        sum(both.hits[f], part.hits[f]);
        sum(both.marked[f], part.marked[f]);
      }
      sum(both.pixels, part.pixels);
      sum(both.pictures, part.pictures);
    }
    return both;
  }

  private static void sum(long[] into, long[] values) {
    for (int i = 0; i < into.length; i++) {
      into[i] += values[i];
    }
  }

  private Map<String, long[]> counts() {
    Map<String, long[]> counts = new LinkedHashMap<>();
    for (int f = 0; f < thresholds.length; f++) {
      counts.put("common" + f, common[f]);
      counts.put("hits" + f, hits[f]);
      counts.put("marked" + f, marked[f]);
    }
    counts.put("pixels", pixels);
    counts.put("pictures", pictures);
    return counts;
  }

  /**
   * Writes the accumulator; equal accumulators give equal bytes on every machine.
   *
   * @param out where to; not closed
   * @throws IOException if that fails
   */
  public void write(OutputStream out) throws IOException {
    SealedData.write(out, NAME, this::body);
  }

  private void body(DataOutputStream data) throws IOException {
    data.writeInt(thresholds.length);
    for (float threshold : thresholds) {
      data.writeFloat(threshold);
    }
    data.writeInt(concepts.size());
    for (Concept concept : concepts) {
      data.writeUTF(concept.name());
      data.writeUTF(concept.category());
    }
    for (long[] numbers : counts().values()) {
      for (long number : numbers) {
        data.writeLong(number);
      }
    }
  }

  /**
   * Reads what {@link #write} has written.
   *
   * @param in where from; not closed
   * @return the accumulator
   * @throws IOException if that fails, or the data is damaged or something else
   */
  public static ConceptOverlap read(InputStream in) throws IOException {
    return SealedData.read(in, NAME, ConceptOverlap::of);
  }

  private static ConceptOverlap of(DataInputStream data) throws IOException {
    float[] thresholds = new float[data.readInt()];
    for (int f = 0; f < thresholds.length; f++) {
      thresholds[f] = data.readFloat();
    }
    Concept[] concepts = new Concept[data.readInt()];
    for (int c = 0; c < concepts.length; c++) {
      concepts[c] = new Concept(data.readUTF(), data.readUTF());
    }
    ConceptOverlap result = new ConceptOverlap(thresholds, List.of(concepts));
    for (long[] numbers : result.counts().values()) {
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = data.readLong();
      }
    }
    return result;
  }
}
