package dev.interp.training.filter;

import java.util.Objects;

/**
 * How the filters of a layer are masked and driven. Immutable; {@code withX} returns a copy. Saved
 * in the net's JSON; its getters are for that.
 *
 * <p>What is added to the net's own loss is Σ_f strength · a_f · loss_f, where a_f is the running
 * mean of the largest activation of filter f. In loss_f the maps of a batch count in units of their
 * mean largest activation m: they enter as x · gain · height · width / m, so that a strongest unit
 * of usual size adds 0.5 · gain to the score of its template, whatever the size of the maps and the
 * scale of the activations. The gradient goes through m too, or else filters would lower their loss
 * by growing without end. (Deviation: the paper takes the activations as they are, with constants
 * for those of VGG-16.) The first step of a new net has no filter loss, since nothing is known of
 * the activations yet.
 */
public final class FilterSettings {
  private static final int VERSION = 1;

  private int version = VERSION;
  private FilterLoss loss = FilterLoss.MUTUAL_INFORMATION;
  private MaskPosition position = MaskPosition.ARGMAX;
  private double strength = loss.usualStrength();
  private double gain = 1;
  private double slope = Templates.SLOPE;
  private boolean slopeLearned;
  private int categories;
  private int single = -1;

  private FilterSettings() {}

  private FilterSettings(FilterSettings other) {
    version = other.version;
    loss = other.loss;
    position = other.position;
    strength = other.strength;
    gain = other.gain;
    slope = other.slope;
    slopeLearned = other.slopeLearned;
    categories = other.categories;
    single = other.single;
  }

  /**
   * Filters without known categories: mutual information, strongest unit, fixed slope 4, strength
   * 0.003, gain 1. Needs no labels.
   *
   * @return the settings
   */
  public static FilterSettings withDefaults() {
    return new FilterSettings();
  }

  /**
   * Filters that are each assigned to the category they fire strongest for, and silent for others:
   * {@link FilterLoss#SINGLE_TEMPLATE}, strength 0.03. The net needs {@link FilterLabels} among its
   * listeners. Nets learn best if filters have found something before they are driven: begin with a
   * trained net, or with strength 0 for some epochs.
   *
   * @param count columns of the labels, at least 2
   * @return settings with that many categories, else the default ones
   * @throws IllegalArgumentException if there are fewer
   */
  public static FilterSettings ofCategories(int count) {
    if (count < 2) {
      throw new IllegalArgumentException(
          "filters need at least 2 categories to be assigned to one, was "
              + count
              + "; for one category against everything else use ofSingleCategory(0)");
    }
    FilterSettings settings = assigned();
    settings.categories = count;
    return settings;
  }

  /**
   * Filters that all belong to one category; all other images are negatives. Otherwise as {@link
   * #ofCategories}.
   *
   * @param column of the labels that stands for the category, from 0; labels may have one column
   *     only
   * @return settings with that category, else the default ones
   * @throws IllegalArgumentException if it is negative
   */
  public static FilterSettings ofSingleCategory(int column) {
    if (column < 0) {
      throw new IllegalArgumentException("a category must be a column >= 0, was " + column);
    }
    FilterSettings settings = assigned();
    settings.single = column;
    return settings;
  }

  private static FilterSettings assigned() {
    FilterSettings settings = new FilterSettings();
    settings.loss = FilterLoss.SINGLE_TEMPLATE;
    settings.strength = settings.loss.usualStrength();
    return settings;
  }

  /**
   * Another form of the loss. The strength stays; each form has {@linkplain
   * FilterLoss#usualStrength its usual one}.
   *
   * @param form which
   * @return the changed settings
   * @throws IllegalArgumentException if the form needs categories and there are none
   */
  public FilterSettings withLoss(FilterLoss form) {
    if (form == FilterLoss.SINGLE_TEMPLATE && !needsLabels()) {
      throw new IllegalArgumentException(
          "SINGLE_TEMPLATE needs to know which images are of a filter's category; start from"
              + " ofCategories(count) or ofSingleCategory(column)");
    }
    FilterSettings copy = new FilterSettings(this);
    copy.loss = Objects.requireNonNull(form);
    return copy;
  }

  /**
   * Another place for the mask.
   *
   * @param place which
   * @return the changed settings
   */
  public FilterSettings withPosition(MaskPosition place) {
    FilterSettings copy = new FilterSettings(this);
    copy.position = Objects.requireNonNull(place);
    return copy;
  }

  /**
   * Another weight of the loss beside the net's own.
   *
   * @param factor at least 0
   * @return the changed settings
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public FilterSettings withStrength(double factor) {
    if (!(factor >= 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException(
          "the strength must be a finite number >= 0, was " + factor);
    }
    FilterSettings copy = new FilterSettings(this);
    copy.strength = factor;
    return copy;
  }

  /**
   * Another contrast between templates.
   *
   * @param factor above 0; with more, the best template of a map takes more of its probability
   * @return the changed settings
   * @throws IllegalArgumentException if it is not positive or not finite
   */
  public FilterSettings withGain(double factor) {
    if (!(factor > 0) || Double.isInfinite(factor)) {
      throw new IllegalArgumentException("the gain must be a finite number > 0, was " + factor);
    }
    FilterSettings copy = new FilterSettings(this);
    copy.gain = factor;
    return copy;
  }

  /**
   * Another slope of the mask, fixed. The templates of the loss keep slope 4.
   *
   * @param beta at least 0; the mask reaches 0 at a distance of 1 / beta of the side
   * @return the changed settings
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public FilterSettings withSlope(double beta) {
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("the slope must be a finite number >= 0, was " + beta);
    }
    FilterSettings copy = new FilterSettings(this);
    copy.slope = beta;
    copy.slopeLearned = false;
    return copy;
  }

  /**
   * A slope that each filter learns from the net's own loss. Deviation: the authors' code moves it
   * by a rule instead, towards the spread of the activation.
   *
   * @param initial what it starts from, at least 0
   * @return the changed settings
   * @throws IllegalArgumentException if it is negative or not finite
   */
  public FilterSettings withLearnedSlope(double initial) {
    FilterSettings copy = withSlope(initial);
    copy.slopeLearned = true;
    return copy;
  }

  /** Returns the form of the loss. */
  public FilterLoss getLoss() {
    return loss;
  }

  /** Returns what counts as the place of a filter. */
  public MaskPosition getPosition() {
    return position;
  }

  /** Returns the weight of the loss. */
  public double getStrength() {
    return strength;
  }

  /** Returns the contrast between templates. */
  public double getGain() {
    return gain;
  }

  /** Returns the first slope of the masks. */
  public double getSlope() {
    return slope;
  }

  /** Returns whether the slopes are learned. */
  public boolean isSlopeLearned() {
    return slopeLearned;
  }

  /** Returns the number of categories; 0 if filters are not assigned or all have the same. */
  public int getCategories() {
    return categories;
  }

  /** Returns the column of the only category; −1 if there is none. */
  public int getSingle() {
    return single;
  }

  /** Returns the version of this format. */
  public int getVersion() {
    return version;
  }

  boolean needsLabels() {
    return categories > 0 || single >= 0;
  }

  /** A net's JSON may come from a version that has settings this one does not know. */
  void check(String layer) {
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "the filter settings of "
              + layer
              + " have version "
              + version
              + ", this library reads version "
              + VERSION
              + "; was the model saved by a newer version of interp?");
    }
  }

  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object other) {
    return other instanceof FilterSettings that && list().equals(that.list());
  }

  @Override
  public int hashCode() {
    return list().hashCode();
  }

  @Override
  public String toString() {
    return "FilterSettings" + list();
  }

  private java.util.List<Object> list() {
    return java.util.List.of(
        version, loss, position, strength, gain, slope, slopeLearned, categories, single);
  }
}
