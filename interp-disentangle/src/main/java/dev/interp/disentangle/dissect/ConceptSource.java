package dev.interp.disentangle.dissect;

import dev.interp.core.data.PartImage;
import java.util.ArrayList;
import java.util.List;

/** Says which concepts every pixel of a picture shows. Implementations are stateless. */
public interface ConceptSource {
  /** The value of a pixel that shows no concept of a plane. */
  short NONE = -1;

  /**
   * The concepts, in a fixed order.
   *
   * @return at least one
   */
  List<Concept> concepts();

  /**
   * The concepts of a picture's pixels, in planes: a pixel has at most one concept in each, so
   * concepts that overlap lie in different planes.
   *
   * @param picture the picture
   * @return planes of {@code height * width} indices into {@link #concepts()} or {@link #NONE}, row
   *     by row in the size of the picture; none if nothing is known of the picture; owned by the
   *     caller
   */
  List<short[]> label(PartImage picture);

  /**
   * The concepts of both.
   *
   * @param other concepts of other categories
   * @return these concepts followed by those
   * @throws IllegalArgumentException if both hold the same concept
   */
  default ConceptSource plus(ConceptSource other) {
    int first = concepts().size();
    List<Concept> both = new ArrayList<>(concepts());
    for (Concept concept : other.concepts()) {
      if (both.contains(concept)) {
        throw new IllegalArgumentException("both sources hold the concept " + concept);
      }
      both.add(concept);
    }
    List<Concept> all = List.copyOf(both);
    ConceptSource here = this;
    return new ConceptSource() {
      @Override
      public List<Concept> concepts() {
        return all;
      }

      @Override
      public List<short[]> label(PartImage picture) {
        List<short[]> planes = new ArrayList<>(here.label(picture));
        for (short[] plane : other.label(picture)) {
          shift(plane, first);
          planes.add(plane);
        }
        return planes;
      }

      /** Without a branch, so that many are done at once; {@link #NONE} stays as it is. */
      private static void shift(short[] plane, int by) {
        for (int i = 0; i < plane.length; i++) {
          plane[i] = (short) (plane[i] + (by & ~(plane[i] >> 15)));
        }
      }
    };
  }
}
