package dev.interp.visual.report;

import java.util.List;

/**
 * Numbers in rows and columns. The first column is read as the names of the rows.
 *
 * @param caption what the table shows, not blank
 * @param columns the headings
 * @param rows the cells as people read them, plain text, as many in each row as there are headings
 */
public record Table(String caption, List<String> columns, List<List<String>> rows) {
  /**
   * Copies the lists and checks the sizes.
   *
   * @throws IllegalArgumentException if the caption is blank or a row has another number of cells
   */
  public Table {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    if (caption.isBlank()) {
      throw new IllegalArgumentException("a table needs a caption: what its numbers are");
    }
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "each row must have "
                + columns.size()
                + " cells, one per heading "
                + columns
                + ", was "
                + row);
      }
    }
  }
}
