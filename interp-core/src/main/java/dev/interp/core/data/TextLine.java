package dev.interp.core.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A line of a file, which knows where it comes from. */
record TextLine(Path file, int number, String text) {

  /** Returns the lines of a file that are not blank. */
  static List<TextLine> of(Path file) throws IOException {
    List<String> texts;
    try {
      texts = Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new IOException(file + " must be text in UTF-8, but is not; is it damaged?", e);
    } catch (NoSuchFileException e) {
      throw new IOException(
          file + " does not exist; is it the right folder, and was all of it unpacked?", e);
    }
    List<TextLine> lines = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      if (!texts.get(i).isBlank()) {
        lines.add(new TextLine(file, i + 1, texts.get(i)));
      }
    }
    return lines;
  }

  /** Returns the fields of a line. */
  List<String> fields(String separator, int count) throws IOException {
    String[] fields = text.strip().split(separator, count == 2 ? 2 : -1);
    if (fields.length != count) {
      throw broken("must have " + count + " fields, but has " + fields.length);
    }
    return Arrays.asList(fields);
  }

  /** Returns the one line of a file for each number from 1 on: an index and a text. */
  static List<String> numbered(Path file) throws IOException {
    List<String> names = new ArrayList<>();
    for (TextLine line : of(file)) {
      List<String> fields = line.fields("\\s+", 2);
      line.expect(line.integer(fields.get(0)), names.size() + 1, "number");
      names.add(fields.get(1));
    }
    return names;
  }

  int integer(String field) throws IOException {
    try {
      return Integer.parseInt(field.strip());
    } catch (NumberFormatException e) {
      throw broken("must have a whole number where it has '" + field + "'", e);
    }
  }

  double decimal(String field) throws IOException {
    try {
      double value = Double.parseDouble(field.strip());
      if (Math.abs(value) < 1e6) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw broken("must have a number where it has '" + field + "'", e);
    }
    throw broken("must have a position in pixels where it has '" + field + "'");
  }

  void expect(int value, int expected, String what) throws IOException {
    if (value != expected) {
      throw broken("must have the %s %d, but has %d".formatted(what, expected, value));
    }
  }

  IOException broken(String why) {
    return new IOException(message(why));
  }

  private IOException broken(String why, Exception cause) {
    return new IOException(message(why), cause);
  }

  private String message(String why) {
    return file + " line " + number + " " + why + "; is the file damaged? The line is: " + text;
  }
}
