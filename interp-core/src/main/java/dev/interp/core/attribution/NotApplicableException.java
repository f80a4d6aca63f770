package dev.interp.core.attribution;

/**
 * A method is not defined for a network, target or layer that others can explain. Who runs many
 * methods may go on with the others.
 */
public final class NotApplicableException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * A refusal.
   *
   * @param message what the method needs, what it got, and what else would do
   */
  public NotApplicableException(String message) {
    super(message);
  }
}
