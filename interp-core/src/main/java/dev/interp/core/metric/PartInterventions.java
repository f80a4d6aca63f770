package dev.interp.core.metric;

import java.util.BitSet;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Pictures of which parts and background objects can be removed, as the FunnyBirds protocol needs
 * them, preprocessed for one network. Things are numbered: first the parts that make a class, then
 * the background objects of the picture.
 */
public interface PartInterventions {
  /**
   * The number of pictures.
   *
   * @return at least 1
   */
  int size();

  /**
   * For each class the kind of each part.
   *
   * @return one array per class, all of the same length; not to be modified
   */
  List<int[]> kinds();

  /**
   * The class of a picture.
   *
   * @param index of the picture
   * @return an index into {@link #kinds}
   */
  int label(int index);

  /**
   * The number of background objects of a picture.
   *
   * @param index of the picture
   * @return at least 0
   */
  int backgroundObjects(int index);

  /**
   * A picture without some things, the same scene otherwise.
   *
   * @param index of the picture
   * @param removed numbers of things; none for the picture as it is
   * @return {@code [1, C, H, W]}, the caller's own
   */
  INDArray without(int index, BitSet removed);

  /**
   * Where a thing is seen.
   *
   * @param index of the picture
   * @param thing its number
   * @return {@code H · W} values in row order, the caller's own
   */
  boolean[] mask(int index, int thing);
}
