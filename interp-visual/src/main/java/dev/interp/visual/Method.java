package dev.interp.visual;

import dev.interp.core.attribution.Attributor;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An attribution method as the catalogue lists it.
 *
 * @param id its identifier
 * @param title its name
 * @param description what its map says, in a sentence
 * @param paper where it comes from
 * @param cost in forward (F) and backward (B) passes
 * @param returns shape and sign of what it gives
 * @param unsigned whether its values are never negative
 * @param caution what is known against it; empty if nothing is
 * @param options the settings that only this method has
 * @param make makes it of settings; {@link #with} checks them first
 */
public record Method(
    String id,
    String title,
    String description,
    String paper,
    String cost,
    String returns,
    boolean unsigned,
    String caution,
    List<MethodOption> options,
    Function<MethodOptions, Attributor> make) {

  static final String PICTURE = "[N, C, H, W], signed";
  static final String EDGES =
      "Changes little when the network's weights are randomised (Adebayo et al. 2018): it shows"
          + " edges of the picture more than reasons of the network.";

  private static final List<Method> ALL =
      Stream.of(
              GradientMethods.all(),
              RelevanceMethods.all(),
              DeepLiftMethods.all(),
              CamMethods.all(),
              PerturbationMethods.all(),
              DiagnosisMethods.all())
          .flatMap(List::stream)
          .toList();

  /** Copies the list. */
  public Method {
    options = List.copyOf(options);
  }

  /** A method without options of its own. */
  Method(
      String id,
      String title,
      String description,
      String paper,
      String cost,
      String returns,
      boolean unsigned,
      String caution,
      Function<MethodOptions, Attributor> make) {
    this(id, title, description, paper, cost, returns, unsigned, caution, List.of(), make);
  }

  /**
   * The method with some settings.
   *
   * @param settings what all methods share, and values of this method's own {@link #options}
   * @return the method, ready to explain
   * @throws IllegalArgumentException if a value names no option of the method, or does not fit it
   */
  public Attributor with(MethodOptions settings) {
    return make.apply(settings.of(this));
  }

  /**
   * Every method, in the order in which people would read them.
   *
   * @return the catalogue
   */
  public static List<Method> all() {
    return ALL;
  }

  /**
   * A method by its identifier.
   *
   * @param id lower case with hyphens
   * @return the method
   * @throws IllegalArgumentException if there is none; the message lists all
   */
  public static Method of(String id) {
    return ALL.stream()
        .filter(m -> m.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no method is named '"
                        + id
                        + "'; the methods are "
                        + ALL.stream().map(Method::id).collect(Collectors.joining(", "))));
  }
}
