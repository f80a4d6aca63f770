package dev.interp.visual.report;

import java.util.List;

/**
 * One result of a page, such as what one method says: pictures with their legends on one side,
 * facts and settings on the other. What is empty takes no room.
 *
 * <p>Immutable; {@code withX} returns a copy. Start from {@link #of}.
 *
 * @param title the heading, not blank
 * @param description one or two sentences for readers who do not know the method
 * @param source the paper or other origin, as a citation
 * @param badges short words about the result, for example its family
 * @param pictures the pictures, side by side in this order
 * @param legends the colour bars under the pictures
 * @param tables numbers under the pictures, as wide as the card
 * @param facts what came out: target, completeness gap, time, passes
 * @param settings how it was made
 * @param notes remarks that help to read the result
 * @param warnings reasons to doubt the result
 */
public record Card(
    String title,
    String description,
    String source,
    List<String> badges,
    List<Picture> pictures,
    List<Legend> legends,
    List<Table> tables,
    List<Fact> facts,
    List<Fact> settings,
    List<String> notes,
    List<String> warnings) {
  /**
   * Copies the lists and checks the title.
   *
   * @throws IllegalArgumentException if {@code title} is blank
   */
  public Card {
    if (title.isBlank()) {
      throw new IllegalArgumentException("a card needs a title: it is the heading readers jump to");
    }
    badges = List.copyOf(badges);
    pictures = List.copyOf(pictures);
    legends = List.copyOf(legends);
    tables = List.copyOf(tables);
    facts = List.copyOf(facts);
    settings = List.copyOf(settings);
    notes = List.copyOf(notes);
    warnings = List.copyOf(warnings);
  }

  /**
   * A card with words only.
   *
   * @param title the heading, not blank
   * @param description one or two sentences; may be empty
   * @return the card
   * @throws IllegalArgumentException if {@code title} is blank
   */
  public static Card of(String title, String description) {
    return new Card(
        title,
        description,
        "",
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  /**
   * The card with another source.
   *
   * @param newSource the paper or other origin; empty for none
   * @return a new card
   */
  public Card withSource(String newSource) {
    return new Card(
        title,
        description,
        newSource,
        badges,
        pictures,
        legends,
        tables,
        facts,
        settings,
        notes,
        warnings);
  }

  /**
   * The card with other badges.
   *
   * @param newBadges short words, in the order shown
   * @return a new card
   */
  public Card withBadges(List<String> newBadges) {
    return new Card(
        title,
        description,
        source,
        newBadges,
        pictures,
        legends,
        tables,
        facts,
        settings,
        notes,
        warnings);
  }

  /**
   * The card with other pictures.
   *
   * @param newPictures the pictures, in the order shown
   * @return a new card
   */
  public Card withPictures(List<Picture> newPictures) {
    return new Card(
        title,
        description,
        source,
        badges,
        newPictures,
        legends,
        tables,
        facts,
        settings,
        notes,
        warnings);
  }

  /**
   * The card with other legends.
   *
   * @param newLegends the colour bars, in the order shown
   * @return a new card
   */
  public Card withLegends(List<Legend> newLegends) {
    return new Card(
        title,
        description,
        source,
        badges,
        pictures,
        newLegends,
        tables,
        facts,
        settings,
        notes,
        warnings);
  }

  /**
   * The card with other tables.
   *
   * @param newTables the tables, in the order shown
   * @return a new card
   */
  public Card withTables(List<Table> newTables) {
    return new Card(
        title,
        description,
        source,
        badges,
        pictures,
        legends,
        newTables,
        facts,
        settings,
        notes,
        warnings);
  }

  /**
   * The card with other facts.
   *
   * @param newFacts what came out, in the order shown
   * @return a new card
   */
  public Card withFacts(List<Fact> newFacts) {
    return new Card(
        title,
        description,
        source,
        badges,
        pictures,
        legends,
        tables,
        newFacts,
        settings,
        notes,
        warnings);
  }

  /**
   * The card with other settings.
   *
   * @param newSettings how it was made, in the order shown
   * @return a new card
   */
  public Card withSettings(List<Fact> newSettings) {
    return new Card(
        title,
        description,
        source,
        badges,
        pictures,
        legends,
        tables,
        facts,
        newSettings,
        notes,
        warnings);
  }

  /**
   * The card with other notes.
   *
   * @param newNotes remarks, one paragraph each
   * @return a new card
   */
  public Card withNotes(List<String> newNotes) {
    return new Card(
        title,
        description,
        source,
        badges,
        pictures,
        legends,
        tables,
        facts,
        settings,
        newNotes,
        warnings);
  }

  /**
   * The card with other warnings.
   *
   * @param newWarnings reasons to doubt the result, one paragraph each
   * @return a new card
   */
  public Card withWarnings(List<String> newWarnings) {
    return new Card(
        title,
        description,
        source,
        badges,
        pictures,
        legends,
        tables,
        facts,
        settings,
        notes,
        newWarnings);
  }
}
