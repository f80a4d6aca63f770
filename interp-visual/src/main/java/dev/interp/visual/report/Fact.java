package dev.interp.visual.report;

/**
 * A name and what it is, one line of a list of facts.
 *
 * @param name the short name, for example "Steps"; not blank
 * @param value the value as people read it, with its unit; plain text
 */
public record Fact(String name, String value) {
  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if {@code name} is blank
   */
  public Fact {
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "a fact needs a name, or its value '" + value + "' means nothing to the reader");
    }
  }
}
