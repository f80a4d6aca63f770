package dev.interp.disentangle.dissect;

/**
 * Something a person has a word for.
 *
 * @param name the word, for example {@code beak}
 * @param category what kind of word it is, for example {@code part}; pictures that show nothing of
 *     a category are not counted for its concepts
 */
public record Concept(String name, String category) {
  /**
   * Checks the words.
   *
   * @throws IllegalArgumentException if one of them is blank
   */
  public Concept {
    if (name.isBlank() || category.isBlank()) {
      throw new IllegalArgumentException(
          "a concept needs a name and a category, was '" + name + "' of '" + category + "'");
    }
  }

  @Override
  public String toString() {
    return name + " (" + category + ")";
  }
}
