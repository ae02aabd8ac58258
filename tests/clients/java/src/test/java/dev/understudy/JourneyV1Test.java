package dev.understudy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.auth.AWSCredentialsProvider;
import com.amazonaws.auth.AWSStaticCredentialsProvider;
import com.amazonaws.auth.BasicAWSCredentials;
import com.amazonaws.auth.BasicSessionCredentials;
import com.amazonaws.auth.InstanceProfileCredentialsProvider;
import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.identitymanagement.AmazonIdentityManagementClientBuilder;
import com.amazonaws.services.identitymanagement.model.DeleteUserPolicyRequest;
import com.amazonaws.services.identitymanagement.model.PutUserPolicyRequest;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3ClientBuilder;
import com.amazonaws.services.s3.model.AmazonS3Exception;
import com.amazonaws.services.securitytoken.AWSSecurityTokenService;
import com.amazonaws.services.securitytoken.AWSSecurityTokenServiceClientBuilder;
import com.amazonaws.services.securitytoken.model.AWSSecurityTokenServiceException;
import com.amazonaws.services.securitytoken.model.AssumeRoleRequest;
import com.amazonaws.services.securitytoken.model.Credentials;
import com.amazonaws.services.securitytoken.model.GetCallerIdentityRequest;
import org.junit.jupiter.api.Test;

/** Version 1 of the SDK: still what many programs on instances are built with. */
class JourneyV1Test {
  private static final EndpointConfiguration ENDPOINT = new EndpointConfiguration(Server.AWS, "eu-central-1");

  private static AWSCredentialsProvider keys(String id, String secret) {
    return new AWSStaticCredentialsProvider(new BasicAWSCredentials(id, secret));
  }

  private static AWSSecurityTokenService sts(AWSCredentialsProvider credentials) {
    return AWSSecurityTokenServiceClientBuilder.standard().withEndpointConfiguration(ENDPOINT).withCredentials(credentials).build();
  }

  private static AmazonS3 s3(AWSCredentialsProvider credentials) {
    return AmazonS3ClientBuilder.standard().withEndpointConfiguration(ENDPOINT).withPathStyleAccessEnabled(true).withCredentials(credentials).build();
  }

  @Test
  void aPartnerAssumesARole() {
    AWSSecurityTokenService bob = sts(keys(Server.BOB_KEY, Server.BOB_SECRET));
    AssumeRoleRequest request = new AssumeRoleRequest().withRoleArn(Server.ROLE).withRoleSessionName("java1");
    AWSSecurityTokenServiceException refused = assertThrows(AWSSecurityTokenServiceException.class, () -> bob.assumeRole(request));
    assertEquals("AccessDenied", refused.getErrorCode());
    var partner = AmazonIdentityManagementClientBuilder.standard().withEndpointConfiguration(ENDPOINT).withCredentials(keys(Server.PARTNER_KEY, Server.PARTNER_SECRET)).build();
    String allow = Server.document("{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Resource\":\"" + Server.ROLE + "\"}");
    partner.putUserPolicy(new PutUserPolicyRequest("bob", "assume", allow));
    Credentials session = bob.assumeRole(request).getCredentials();
    AWSCredentialsProvider credentials = new AWSStaticCredentialsProvider(new BasicSessionCredentials(session.getAccessKeyId(), session.getSecretAccessKey(), session.getSessionToken()));
    assertEquals("arn:aws:sts::111122223333:assumed-role/Reader/java1", sts(credentials).getCallerIdentity(new GetCallerIdentityRequest()).getArn());
    assertEquals(Server.REPORT, s3(credentials).getObjectAsString("reports", "2026/q1.csv"));
    AmazonS3Exception denied = assertThrows(AmazonS3Exception.class, () -> s3(credentials).putObject("reports", "2026/q1.csv", "x"));
    assertEquals(403, denied.getStatusCode());
    partner.deleteUserPolicy(new DeleteUserPolicyRequest("bob", "assume"));
  }

  @Test
  void aProgramOnAnInstanceKnowsNoKey() throws Exception {
    System.setProperty("com.amazonaws.sdk.ec2MetadataServiceEndpointOverride", Server.METADATA);
    AmazonS3 s3 = AmazonS3ClientBuilder.standard()
        .withEndpointConfiguration(ENDPOINT)
        .withPathStyleAccessEnabled(true)
        .withCredentials(new InstanceProfileCredentialsProvider(false))
        .build();
    assertEquals(Server.REPORT, s3.getObjectAsString("reports", "2026/q1.csv"));
    String before = new InstanceProfileCredentialsProvider(false).getCredentials().getAWSAccessKeyId();
    Server.understudy("clock", "advance", "65m");
    String after = new InstanceProfileCredentialsProvider(false).getCredentials().getAWSAccessKeyId();
    assertNotEquals(before, after);
    assertEquals(Server.REPORT, s3.getObjectAsString("reports", "2026/q1.csv"));
    assertTrue(sts(new InstanceProfileCredentialsProvider(false)).getCallerIdentity(new GetCallerIdentityRequest()).getArn().endsWith("assumed-role/Web/i-0123456789abcdef0"));
  }
}
