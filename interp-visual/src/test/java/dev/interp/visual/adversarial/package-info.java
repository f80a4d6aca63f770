@NullMarked
package dev.interp.visual.adversarial;

import org.jspecify.annotations.NullMarked;
