package dev.interp.visual.arch;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

final class RenderAndReportArchTest {
  private static final JavaClasses VISUAL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.interp.visual");

  @Test
  void render_knows_pictures_and_numbers_only() {
    classes()
        .that()
        .resideInAPackage("dev.interp.visual.render..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "dev.interp.visual.render..", "org.jspecify..")
        .check(VISUAL);
  }

  @Test
  void report_knows_pages_and_render_only() {
    classes()
        .that()
        .resideInAPackage("dev.interp.visual.report..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "javax.imageio..",
            "j2html..",
            "dev.interp.visual.render..",
            "dev.interp.visual.report..",
            "org.jspecify..")
        .check(VISUAL);
  }

  @Test
  void public_concrete_classes_are_final() {
    classes()
        .that()
        .arePublic()
        .and(not(INTERFACES))
        .and()
        .doNotHaveModifier(ABSTRACT)
        .should()
        .haveModifier(FINAL)
        .check(VISUAL);
  }
}
