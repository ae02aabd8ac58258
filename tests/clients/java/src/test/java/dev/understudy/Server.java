package dev.understudy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The server that the caller of Maven has started, and the command line that talks to it. */
final class Server {
  static final String AWS = needed("UNDERSTUDY_TEST_AWS");
  static final String METADATA = needed("UNDERSTUDY_TEST_METADATA");
  static final String ROLE = "arn:aws:iam::111122223333:role/apps/Reader";
  static final String BOB_KEY = "AKIAQEXAMPLEBOBSKEYB";
  static final String BOB_SECRET = "only-for-tests-bob";
  static final String PARTNER_KEY = "AKIAQEXAMPLEPARTNERB";
  static final String PARTNER_SECRET = "only-for-tests-partner";
  static final String REPORT = "quarter,revenue\n1,42\n";

  private Server() {}

  private static String needed(String name) {
    String value = System.getenv(name);
    if (value == null) throw new IllegalStateException(name + " is not set: run this through tests/clients/java.test.ts");
    return value;
  }

  /** Runs `understudy` with these words; returns what it printed. */
  static String understudy(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(needed("UNDERSTUDY_TEST_NODE"), needed("UNDERSTUDY_TEST_BIN")));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream output = process.getInputStream()) {
      String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) throw new IllegalStateException(String.join(" ", words) + ": " + text);
      return text;
    }
  }

  static String document(String statement) {
    return "{\"Version\":\"2012-10-17\",\"Statement\":" + statement + "}";
  }
}
