package dev.interp.visual;

/**
 * A setting that one method has.
 *
 * @param name lower case with hyphens
 * @param initial its value where none is given, as text
 * @param description what it does, with its unit and legal values
 */
public record MethodOption(String name, String initial, String description) {}
