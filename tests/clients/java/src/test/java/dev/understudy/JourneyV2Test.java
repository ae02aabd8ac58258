package dev.understudy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.Credentials;
import software.amazon.awssdk.services.sts.model.StsException;

class JourneyV2Test {
  private static final URI ENDPOINT = URI.create(Server.AWS);
  private static final Region REGION = Region.EU_CENTRAL_1;

  private static AwsCredentialsProvider keys(String id, String secret) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret));
  }

  private static StsClient sts(AwsCredentialsProvider credentials) {
    return StsClient.builder().endpointOverride(ENDPOINT).region(REGION).credentialsProvider(credentials).build();
  }

  private static S3Client s3(AwsCredentialsProvider credentials) {
    return S3Client.builder().endpointOverride(ENDPOINT).region(REGION).forcePathStyle(true).credentialsProvider(credentials).build();
  }

  private static String read(S3Client s3) {
    return s3.getObjectAsBytes(get -> get.bucket("reports").key("2026/q1.csv")).asUtf8String();
  }

  @Test
  void aPartnerAssumesARole() {
    StsClient bob = sts(keys(Server.BOB_KEY, Server.BOB_SECRET));
    StsException refused = assertThrows(StsException.class, () -> bob.assumeRole(r -> r.roleArn(Server.ROLE).roleSessionName("java2")));
    assertEquals("AccessDenied", refused.awsErrorDetails().errorCode());
    IamClient partner = IamClient.builder().endpointOverride(ENDPOINT).region(REGION).credentialsProvider(keys(Server.PARTNER_KEY, Server.PARTNER_SECRET)).build();
    String allow = Server.document("{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"" + Server.ROLE + "\"}");
    partner.putUserPolicy(r -> r.userName("bob").policyName("assume").policyDocument(allow));
    Credentials session = bob.assumeRole(r -> r.roleArn(Server.ROLE).roleSessionName("java2")).credentials();
    AwsCredentialsProvider credentials = StaticCredentialsProvider.create(AwsSessionCredentials.create(session.accessKeyId(), session.secretAccessKey(), session.sessionToken()));
    assertEquals("arn:aws:sts::111122223333:assumed-role/Reader/java2", sts(credentials).getCallerIdentity().arn());
    assertEquals(Server.REPORT, read(s3(credentials)));
    S3Exception denied = assertThrows(S3Exception.class, () -> s3(credentials).putObject(r -> r.bucket("reports").key("2026/q1.csv"), RequestBody.fromString("x")));
    assertEquals(403, denied.statusCode());
    partner.deleteUserPolicy(r -> r.userName("bob").policyName("assume"));
  }

  @Test
  void aProgramOnAnInstanceKnowsNoKey() throws Exception {
    InstanceProfileCredentialsProvider provider = InstanceProfileCredentialsProvider.builder().endpoint(Server.METADATA).build();
    assertEquals(Server.REPORT, read(s3(provider)));
    String before = provider.resolveCredentials().accessKeyId();
    Server.understudy("clock", "advance", "65m");
    InstanceProfileCredentialsProvider renewed = InstanceProfileCredentialsProvider.builder().endpoint(Server.METADATA).build();
    assertNotEquals(before, renewed.resolveCredentials().accessKeyId());
    assertEquals(Server.REPORT, read(s3(renewed)));
    assertEquals(Server.REPORT, read(s3(provider)));
    assertTrue(sts(renewed).getCallerIdentity().arn().endsWith("assumed-role/Web/i-0123456789abcdef0"));
  }
}
